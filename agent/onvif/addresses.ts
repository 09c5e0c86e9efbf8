import type { Target } from './carry.ts'

/**
 * Where a URL from a reply leads on the device that was dialled. Its path counts; its port only if it names the very
 * address that answered, over the same scheme. A host that a device names is never dialled: behind NAT it is wrong, and
 * from a hostile device it is an attack.
 */
export function onSameDevice(xaddr: string, dialled: Target): Target {
  const url = URL.parse(xaddr.trim().split(/\s+/)[0] ?? '')
  if (!url) return dialled
  const path = `${url.pathname}${url.search}`
  const same = url.hostname.replace(/^\[|\]$/g, '') === dialled.address
  const sameScheme = (url.protocol === 'https:') === dialled.https
  return { ...dialled, path, port: same && sameScheme ? portOf(url) : dialled.port }
}

/**
 * The URL of a stream or a snapshot, with the host that was dialled and no user information.
 * Another protocol lives on another port, so the port is kept whatever the host said; undefined for what is no URL, or an address that no
 * URL can hold.
 */
export function mediaUrl(uri: string, address: string): URL | undefined {
  const url = URL.parse(uri)
  if (!url || !/^(rtsps?|https?):$/.test(url.protocol)) return undefined
  const host = address.includes(':') ? `[${address}]` : address
  url.hostname = host
  // The setter keeps the old host, without a word, where it can't take the new one, such as one with a zone.
  if (url.hostname !== URL.parse(`${url.protocol}//${host}/`)?.hostname) return undefined
  url.username = ''
  url.password = ''
  return url
}

const portOf = (url: URL) => (url.port !== '' ? Number(url.port) : url.protocol === 'https:' ? 443 : 80)
