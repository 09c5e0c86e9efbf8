import { isIP, isIPv6 } from 'node:net'
import { LenscapError } from '../base/errors.ts'
import type { Credential } from '../base/secret.ts'
import type { Grant } from '../consent/consent.ts'
import type { Id } from '../protocol/envelope.ts'
import type { MediaKind } from '../protocol/media-kind.ts'

/** How one camera's media is reached. The addresses are asked for when they are needed, since they go stale. */
export interface MediaAccess {
  readonly camera: Id
  /** The camera's own IP address: the only one that is dialled. */
  readonly address: string
  streamUri(signal: AbortSignal): Promise<URL>
  snapshotUri(signal: AbortSignal): Promise<URL>
  readonly credential: Credential | undefined
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
