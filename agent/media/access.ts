import { isIP, isIPv6 } from 'node:net'
import { LenscapError } from '../base/errors.ts'
import type { Credential } from '../base/secret.ts'
import type { Grant } from '../consent/consent.ts'
import type { Way } from '../credentials/refusal-log.ts'
import type { Id } from '../protocol/envelope.ts'
import type { MediaKind } from '../protocol/media-kind.ts'

/** What all rooms share about the camera's device, so that it isn't harmed: connections, and what it refused. */
export interface MediaGate {
  /** A connection out of the device's budget; dispose of it to give it back. */
  connection(signal: AbortSignal, use: 'call' | 'stream'): Promise<Disposable>
  /** @throws LenscapError `unreachable` while the device rests */
  checkBreaker(): void
  /** @throws LenscapError `refused` or `busy` where this may not be sent now */
  checkCredential(credential: Credential, way: Way): void
  accept(credential: Credential, way: Way): void
  refuse(credential: Credential, way: Way): 'credential' | 'locked-out'
}

/** How one camera's media is reached. The addresses are asked for when they are needed, since they go stale. */
export interface MediaAccess {
  readonly camera: Id
  /** The camera's own IP address: the only one that is dialled. */
  readonly address: string
  streamUri(signal: AbortSignal): Promise<URL>
  snapshotUri(signal: AbortSignal): Promise<URL>
  readonly credential: Credential | undefined
  readonly gate: MediaGate
}

/** @throws LenscapError `refused` unless the grant stands, for this camera and this kind of media */
export function demandGrant(grant: Grant, camera: Id, kind: MediaKind): void {
  grant.check()
  if (grant.camera === camera && grant.kind === kind) return
  throw new LenscapError('refused', `A grant for ${grant.kind}s of another camera does not allow this`, {
    camera,
    kind,
  })
}

/**
 * Does something at the camera with a connection of the device's budget, unless it rests or has refused this before; takes
 * note of what becomes of the credential.
 * @throws LenscapError `busy`, `refused` or `unreachable` before anything is dialled, or what the work throws
 */
export async function throughGate<T>(
  { gate, credential }: Pick<MediaAccess, 'gate' | 'credential'>,
  way: 'snapshot' | 'rtsp',
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<T> {
  gate.checkBreaker()
  if (credential) gate.checkCredential(credential, way)
  using _ = await gate.connection(signal, way === 'rtsp' ? 'stream' : 'call')
  if (credential) gate.checkCredential(credential, way)
  try {
    return await work()
  } catch (error) {
    const isRefused = error instanceof LenscapError && error.facts['diagnosis'] === 'AUTH_REJECTED'
    if (!credential || !isRefused || gate.refuse(credential, way) === 'credential') throw error
    const says = 'The camera refuses what it took before: it may have locked us out'
    throw new LenscapError('busy', says, { ...error.facts, reason: 'locked-out' }, error)
  }
}

/**
 * The camera's URI on the camera's own address: whatever host it names, no other is dialled.
 * @throws LenscapError `invalid` where that is no IP address, or the URI has no place for one
 */
export function onOwnAddress(uri: URL, address: string): URL {
  const own = new URL(uri)
  const host = isIPv6(address) ? `[${address}]` : address
  own.username = ''
  own.password = ''
  own.hostname = host
  // The setter keeps the old host, without a word, where it can't take the new one.
  if (isIP(address) === 0 || own.hostname !== URL.parse(`rtsp://${host}/`)?.hostname) {
    throw new LenscapError('invalid', `A media address can't be put on ${address}`, { address, scheme: uri.protocol })
  }
  return own
}
