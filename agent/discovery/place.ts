/** Where a device's own service is to be asked. */
export interface Place {
  readonly port: number
  readonly path: string
  readonly https: boolean
}

/**
 * Reads from XAddrs where on the answering host to ask: the one that names this very host if there is one, plain HTTP before
 * HTTPS (digests need no cover, and old devices' TLS is slow or broken). Another host's name is not kept, its port and
 * path are: they are all there is. Undefined where no XAddr makes sense.
 */
export function placeOf(xaddrs: readonly string[], address: string): Place | undefined {
  const urls = xaddrs.flatMap((xaddr) => URL.parse(xaddr) ?? []).filter(({ protocol }) => /^https?:$/.test(protocol))
  const rank = (url: URL) => (url.hostname === address ? 0 : 2) + (url.protocol === 'http:' ? 0 : 1)
  const [best] = urls.toSorted((a, b) => rank(a) - rank(b))
  if (!best) return undefined
  const https = best.protocol === 'https:'
  return {
    port: best.port === '' ? (https ? 443 : 80) : Number(best.port),
    path: `${best.pathname}${best.search}`,
    https,
  }
}
