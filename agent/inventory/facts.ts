import type { Sighting } from '../discovery/sighting.ts'
import type { Profile } from '../onvif/replies.ts'
import { normalisedMac } from '../onvif/replies.ts'
import { CameraFacts } from '../protocol/camera.ts'
import type { Reading } from './reading.ts'

/** One video source of a device: a camera by itself, or a channel. */
export interface Source {
  /** Empty where the device did not let us ask. */
  readonly token: string
  /** 1-based; absent where it is the only one. */
  readonly channel: number | undefined
}

/** The sources of a device. One that tells none, or won't tell, counts as one camera. */
export function sourcesOf({ sources, profiles }: Reading): Source[] {
  const named = sources && sources.length > 0 ? sources : (profiles ?? []).map(({ sourceToken }) => sourceToken)
  const tokens = [...new Set(named)].filter((token) => token !== '')
  if (tokens.length <= 1) return [{ token: tokens[0] ?? '', channel: undefined }]
  return tokens.map((token, i) => ({ token, channel: i + 1 }))
}

/** The profiles that show a source. A device with one source may leave the token out. */
export function profilesOf(source: Source, { profiles = [] }: Reading): Profile[] {
  if (source.channel === undefined) return [...profiles]
  return profiles.filter(({ sourceToken }) => sourceToken === source.token)
}

/** The one to record and watch: H.264 before all else, since every browser plays it; then the largest picture. */
export function mainProfile(profiles: readonly Profile[]): Profile | undefined {
  const rank = ({ encoding, width, height }: Profile) => (/^h\.?264$/i.test(encoding) ? 1e9 : 0) + width * height
  return profiles.toSorted((a, b) => rank(b) - rank(a))[0]
}

const isH264 = ({ encoding }: Profile): boolean => /^h\.?264$/i.test(encoding)
/** A picture of fewer columns says too little, where there is a larger one. */
const GRID_WIDTH_MIN = 320

/**
 * The one to watch live, H.264 since browsers play nothing else for certain: the best, or for a grid of many the smallest
 * that says enough. Undefined where there is none.
 */
export function liveProfile(profiles: readonly Profile[], quality: 'grid' | 'one'): Profile | undefined {
  const playable = profiles.filter(isH264)
  if (quality === 'one') return mainProfile(playable)
  const size = ({ width, height }: Profile) => (width > 0 ? width * height : Number.POSITIVE_INFINITY)
  const bySize = playable.toSorted((a, b) => size(a) - size(b))
  return bySize.find(({ width }) => width >= GRID_WIDTH_MIN) ?? bySize.at(-1)
}

/** What is known of one camera after a reading; what could not be read keeps the value that was known. */
export function factsOf(
  device: string,
  source: Source,
  sighting: Sighting,
  reading: Reading,
  known: CameraFacts | undefined,
): CameraFacts {
  // The device's own list is the whole one; a probe's may be shorter, and must not seem a change.
  const told = [reading.scopes, known?.scopes, sighting.scopes].find((each) => each !== undefined && each.length > 0)
  const scopes = clip(told ?? [], 64, 256)
  const information = reading.information
  const macs = reading.interfaces?.macs ?? []
  const fromScopes = [normalisedMac(scopeValue(scopes, 'MAC'))].filter((mac) => mac !== '')
  const { address, port } = sighting
  const addresses = [...new Set([address, ...(reading.interfaces?.addresses ?? known?.addresses ?? [])])]
  const model = information?.model ?? (known?.model || scopeValue(scopes, 'hardware'))
  return CameraFacts.parse({
    name: nameOf(scopes, model, source.channel).slice(0, 128),
    manufacturer: (information?.manufacturer ?? known?.manufacturer ?? '').slice(0, 128),
    model: model.slice(0, 128),
    firmware: (information?.firmware ?? known?.firmware ?? '').slice(0, 128),
    serial: (information?.serial ?? known?.serial ?? '').slice(0, 128),
    hardwareId: (information?.hardwareId ?? known?.hardwareId ?? '').slice(0, 128),
    endpoint: endpointOf(sighting, reading, known).slice(0, 256),
    device,
    ...(source.channel === undefined ? {} : { channel: source.channel }),
    address,
    port,
    macs: clip(macs.length > 0 ? macs : (known?.macs ?? fromScopes), 16, 32),
    // Where it was before is not where it is.
    addresses: clip(addresses, 32, 64),
    hostname: (reading.hostname ?? known?.hostname ?? '').slice(0, 256),
    gateway: clip(reading.gateway ?? known?.gateway ?? [], 8, 64),
    dns: clip(reading.dns ?? known?.dns ?? [], 8, 64),
    ntp: clip(reading.ntp ?? known?.ntp ?? [], 8, 256),
    protocols: reading.protocols ? protocolsOf(reading.protocols) : (known?.protocols ?? []),
    profiles: reading.profiles ? profilesFor(profilesOf(source, reading)) : (known?.profiles ?? []),
    scopes,
    services: reading.services ? servicesFor(reading.services) : (known?.services ?? []),
  })
}

/** As the probe told it, else as the device tells it when asked. */
export function endpointOf(sighting: Sighting, reading: Reading, known: CameraFacts | undefined): string {
  if (sighting.endpoint !== '') return sighting.endpoint
  const told = reading.endpoint ?? ''
  if (told === '') return known?.endpoint ?? ''
  return /^[0-9a-f]{8}-[0-9a-f-]{27}$/i.test(told) ? `urn:uuid:${told}` : told
}

function nameOf(scopes: readonly string[], model: string, channel: number | undefined): string {
  const name = scopeValue(scopes, 'name') || model || 'Camera'
  return channel === undefined ? name : `${name} ${channel}`
}

/** The value of `onvif://www.onvif.org/KEY/value` (Core 7.3.2.2). */
export function scopeValue(scopes: readonly string[], key: string): string {
  const start = `onvif://www.onvif.org/${key}/`.toLowerCase()
  const scope = scopes.find((each) => each.toLowerCase().startsWith(start))
  if (scope === undefined) return ''
  const value = scope.slice(start.length).replaceAll('_', ' ')
  try {
    return decodeURIComponent(value)
  } catch {
    return value
  }
}

const clip = (texts: readonly string[], countMax: number, lengthMax: number) =>
  texts.slice(0, countMax).map((text) => text.slice(0, lengthMax))

const protocolsOf = (protocols: NonNullable<Reading['protocols']>) =>
  protocols
    .slice(0, 16)
    .map(({ name, enabled, ports }) => ({ name: name.slice(0, 16), enabled, ports: ports.slice(0, 8) }))

const profilesFor = (profiles: readonly Profile[]) =>
  profiles.slice(0, 32).map(({ token, name, encoding, width, height, fps }) => ({
    token: token.slice(0, 128),
    name: name.slice(0, 128),
    encoding: encoding.slice(0, 32),
    width,
    height,
    fps,
  }))

const servicesFor = (services: NonNullable<Reading['services']>) =>
  services
    .slice(0, 64)
    .map(({ namespace, version }) => ({ namespace: namespace.slice(0, 256), version: version.slice(0, 16) }))

/** Names of the facts that differ. */
export function changesBetween(before: CameraFacts, after: CameraFacts): (keyof CameraFacts)[] {
  const names = Object.keys({ ...before, ...after }) as (keyof CameraFacts)[]
  return names.filter((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]))
}
