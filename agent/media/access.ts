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

/** The camera's URI on the camera's own address: whatever host it names, no other is dialled. */
export function onOwnAddress(uri: URL, address: string): URL {
  const own = new URL(uri)
  own.username = ''
  own.password = ''
  own.hostname = address.includes(':') ? `[${address}]` : address
  return own
}
