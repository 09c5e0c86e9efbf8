import { LenscapError } from '../base/errors.ts'

/** The URI as it may be sent: no user or password in it, no fragment. */
export function bareUri(uri: URL): string {
  const bare = new URL(uri)
  bare.username = ''
  bare.password = ''
  bare.hash = ''
  return bare.href
}

/**
 * The URI of a track or of the whole session from its `a=control` (RFC 2326, C.1.1). Relative ones are appended, query or
 * not, as cameras mean it, and not resolved as RFC 3986 would. Host and port are always those that were dialled: a
 * camera behind NAT names an address of its own, a hostile one any other.
 * @throws LenscapError `invalid` for what can't stand in a request line
 */
export function resolveControl(base: string, control: string | undefined, dialled: URL): string {
  const own = onHost(base, dialled)
  if (control === undefined || control === '' || control === '*') return own
  if (/^rtsps?:\/\//i.test(control)) return onHost(control, dialled)
  const joint = own.endsWith('/') || control.startsWith('/') || control.startsWith('?') ? '' : '/'
  return sendable(own + joint + control)
}

/** Replaces scheme, user, host and port, and leaves the rest byte for byte as the camera wrote it. */
function onHost(uri: string, dialled: URL): string {
  const rest = /^[a-z]+:\/\/[^/?#]*(.*)$/i.exec(uri)?.[1] ?? ''
  return sendable(`rtsp://${dialled.host}${rest}`)
}

function sendable(uri: string): string {
  if (uri.length <= 2048 && /^[\x21\x23-\x7e]+$/.test(uri)) return uri
  throw new LenscapError('invalid', 'The camera names a track by an address that is no URI')
}
