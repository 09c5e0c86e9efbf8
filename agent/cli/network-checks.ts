import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import { connect as connectTls, type PeerCertificate } from 'node:tls'
import got from 'got'
import { describeError, LenscapError } from '../base/errors.ts'
import { type BrokerAccess, openConnection } from '../transport/connection.ts'
import { connectionError } from '../transport/reasons.ts'
import { type TlsOptions, tlsOf } from '../transport/streams.ts'
import { type Finding, failed, ok, warning } from './checks.ts'

const TIMEOUT_MS = 5_000
const DAY_MS = 86_400_000
const EXPIRY_DAYS_MIN = 21

const hostOf = (url: string) => new URL(url).hostname.replace(/^\[|\]$/g, '')

/** Whether the name server knows every name that these addresses have; nothing where they are numbers. */
export async function checkNames(urls: readonly string[]): Promise<Finding[]> {
  const check = 'name server'
  const names = [...new Set(urls.map(hostOf))].filter((host) => isIP(host) === 0)
  const asked = names.map(async (name) => {
    try {
      const addresses = await Promise.race([lookup(name, { all: true }), late()])
      return ok(check, `${name} is ${addresses.map(({ address }) => address).join(', ')}`)
    } catch (error) {
      const isUnknown = error instanceof Error && 'code' in error && error.code === 'ENOTFOUND'
      if (isUnknown)
        return failed(check, `nobody knows the name ${name}`, "Correct the address, or the name server's list")
      return failed(check, `no answer about ${name}`, "Check the box's network, and the name server that it was given")
    }
  })
  return await Promise.all(asked)
}

/** The resolver of the system takes its time where no name server answers, and can't be told to stop. */
function late(): Promise<never> {
  return new Promise((_, reject) => {
    setTimeout(() => reject(new LenscapError('timeout', 'The name server does not answer')), TIMEOUT_MS).unref()
  })
}

interface BridgeAnswer {
  readonly findings: readonly Finding[]
  /** The bridge's clock by its `Date` header, UTC ms. */
  readonly dateMs: number | undefined
}

/** Whether the bridge answers over HTTP, where there is one. */
export async function checkBridge(bridge: string | undefined, signal: AbortSignal): Promise<BridgeAnswer> {
  const check = 'bridge'
  if (bridge === undefined) return { findings: [], dateMs: undefined }
  const url = new URL('/healthz', bridge).href
  try {
    const options = { retry: { limit: 0 }, followRedirect: false, throwHttpErrors: false } as const
    const { statusCode, headers } = await got(url, { ...options, timeout: { request: TIMEOUT_MS }, signal })
    const dateMs = Date.parse(headers.date ?? '')
    const advice = 'Check that the address is that of a Lenscap bridge, and look at its log'
    const finding =
      statusCode === 200 ? ok(check, `${bridge} answers`) : failed(check, `${url} answers ${statusCode}`, advice)
    return { findings: [finding], dateMs: Number.isNaN(dateMs) ? undefined : dateMs }
  } catch (error) {
    const advice = "Check the address, the box's network and name server, and that the bridge is running"
    return { findings: [failed(check, `${bridge}: ${describeError(error)}`, advice)], dateMs: undefined }
  }
}

const TLS_PORTS: Readonly<Record<string, number>> = { 'mqtts:': 8883, 'wss:': 443, 'https:': 443 }

/** Whether a server's certificate is believed, and for how long; nothing for an address without TLS. */
export async function checkTls(
  { url, tls, whose }: { readonly url: string; readonly tls?: TlsOptions | undefined; readonly whose: string },
  signal: AbortSignal,
  nowMs: number,
): Promise<Finding[]> {
  const check = 'certificate'
  const { protocol, port } = new URL(url)
  const usual = TLS_PORTS[protocol]
  if (usual === undefined) return []
  const host = hostOf(url)
  const socket = connectTls({ host, port: Number(port) || usual, ...tlsOf(host, tls) })
  const within = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)])
  const cut = () => socket.destroy(new LenscapError('timeout', `${host} answers too slowly`))
  within.addEventListener('abort', cut, { once: true })
  try {
    await new Promise<void>((resolve, reject) => socket.on('secureConnect', resolve).on('error', reject))
    return [lifeOf(socket.getPeerCertificate(), whose, nowMs)]
  } catch (error) {
    const { message } = connectionError(url, error)
    const [found = '', advice] = halves(whose === 'broker' ? message : message.replaceAll('broker', whose))
    const usualAdvice = `Have the ${whose}'s certificate put right, or correct its address in the configuration`
    return [failed(check, `${host}: ${found}`, whose === 'broker' ? (advice ?? usualAdvice) : usualAdvice)]
  } finally {
    within.removeEventListener('abort', cut)
    socket.destroy()
  }
}

function lifeOf({ valid_to, subject }: PeerCertificate, whose: string, nowMs: number): Finding {
  const check = 'certificate'
  const endMs = Date.parse(valid_to)
  const days = Math.floor((endMs - nowMs) / DAY_MS)
  const name = [subject?.CN ?? ''].flat().join(' ')
  const said = `the ${whose}'s${name === '' ? '' : `, ${name},`} is believed, and valid until ${new Date(endMs).toISOString().slice(0, 10)}`
  if (days >= EXPIRY_DAYS_MIN) return ok(check, said)
  return warning(check, said, `Have it renewed: ${days} days are left`)
}

/**
 * Whether a broker lets this box in, by signing in for a moment, under an id of its own where it may choose one.
 * Nothing is published, and no will is left.
 */
export async function checkBroker(check: string, access: BrokerAccess, signal: AbortSignal): Promise<Finding> {
  const { host } = new URL(access.url)
  try {
    const connection = await openConnection({
      ...access,
      ...{ connectTimeoutMs: TIMEOUT_MS, keepaliveS: 30, onMessage: () => {}, signal },
    })
    await connection.end(1000)
    return ok(check, `${host} lets this box in`)
  } catch (error) {
    const [found = '', advice] = halves(describeError(error instanceof LenscapError ? error.message : error))
    return failed(check, `${host}: ${found}`, advice ?? 'Check its address, and that it is running')
  }
}

/** A sentence that says what is wrong and, behind a colon, what to do. */
export function halves(sentence: string): [string, string | undefined] {
  const [found = '', ...advice] = sentence.split(': ')
  const rest = advice.join(': ')
  return [found, rest === '' ? undefined : `${rest.charAt(0).toUpperCase()}${rest.slice(1)}`]
}
