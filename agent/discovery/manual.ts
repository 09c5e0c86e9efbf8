import { lookup } from 'node:dns/promises'
import type { Clock } from '../base/clock.ts'
import { withDeadline } from '../base/deadline.ts'
import { LenscapError } from '../base/errors.ts'
import { probeTarget } from '../onvif/probe.ts'
import type { Fence } from './fence.ts'
import type { Sighting } from './sighting.ts'

/** Where the field's cameras have their device service, the commonest first. */
const PORTS = [80, 8000, 8080, 8899, 2020, 8081]
const PATHS = ['/onvif/device_service', '/onvif/service', '/onvif/services', '/onvif/device']

const PROBE_TIMEOUT_MS = 2_000
const LOOKUP_TIMEOUT_MS = 2_000

/**
 * A host and port that a person wrote: `H` or `H:PORT`; IPv6 with a port in brackets.
 * @throws LenscapError `invalid`
 */
export function hostAndPort(text: string): { host: string; port: number | undefined } {
  const [, bracketed, plain, portText] = /^(?:\[([0-9a-f:.]+)\]|([^\s:/[\]]+))(?::(\d{1,5}))?$/i.exec(text.trim()) ?? []
  const host = bracketed ?? plain
  const port = portText === undefined ? undefined : Number(portText)
  if (host === undefined || port === 0 || (port ?? 0) > 65_535) {
    throw new LenscapError('invalid', `"${text}" is no host: write one like 192.168.1.20 or camera.lan:8000`, {
      host: text,
    })
  }
  return { host, port }
}

/** Asks a host that need not answer probes, at the usual places. Undefined where no ONVIF answers, or outside the fence. */
export async function sightManually(
  text: string,
  fence: Fence,
  clock: Clock,
  signal: AbortSignal,
): Promise<Sighting | undefined> {
  const { host, port } = hostAndPort(text)
  const address = await addressOf(host, clock, signal)
  if (address === undefined || !fence(address)) return undefined
  return await sightAt(address, port === undefined ? PORTS : [port], clock, signal)
}

/** The first of the ports, in order of commonness, where ONVIF answers. */
export async function sightAt(
  address: string,
  ports: readonly number[],
  clock: Clock,
  signal: AbortSignal,
): Promise<Sighting | undefined> {
  const found = await Promise.all(ports.map((port) => sightAtPort(address, port, clock, signal)))
  return found.find((each) => each !== undefined)
}

export const USUAL_PORTS: readonly number[] = PORTS

/** The path that answers; else the first that at least asks who we are. */
async function sightAtPort(
  address: string,
  port: number,
  clock: Clock,
  signal: AbortSignal,
): Promise<Sighting | undefined> {
  let closed: string | undefined
  for (const path of PATHS) {
    const answer = await probeTarget({ address, port, path, https: false }, clock, signal, PROBE_TIMEOUT_MS)
    if (answer === 'nothing') return undefined
    if (answer === 'onvif') return sighting(address, port, path)
    if (answer === 'refused') closed ??= path
  }
  return closed === undefined ? undefined : sighting(address, port, closed)
}

const sighting = (address: string, port: number, path: string): Sighting => ({
  endpoint: '',
  types: [],
  scopes: [],
  xaddrs: [],
  address,
  port,
  path,
  https: false,
  via: 'manual',
})

/** The system's own resolver may take half a minute over a name server that is gone. */
async function addressOf(host: string, clock: Clock, signal: AbortSignal): Promise<string | undefined> {
  const deadline = { clock, timeoutMs: LOOKUP_TIMEOUT_MS, signal, what: 'The name server' }
  try {
    const found = await withDeadline(deadline, () => lookup(host, { family: 0, order: 'ipv4first' }))
    return found.address
  } catch {
    return undefined
  }
}
