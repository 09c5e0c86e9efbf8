/** What a caller can do about an error; a closed set, so that a switch over it can be complete. */
export type ErrorKind =
  | 'unreachable' // nothing answered: try later, elsewhere
  | 'timeout' // it answered too slowly: try later
  | 'refused' // credentials or permission: never retry until they change
  | 'busy' // the far end is out of slots or connections: back off
  | 'invalid' // what came back, or was given, makes no sense: retrying won't help
  | 'unsupported' // the far end lacks this: don't ask again
  | 'limit' // one of our own limits was crossed
  | 'storage' // disk full, read-only or broken
  | 'cancelled' // we were told to stop

/** Facts for a field engineer. Values are shown as they are: never put a secret here. */
export type ErrorFacts = Readonly<Record<string, string | number | boolean | undefined>>

/** The one error class of the product: its kind says what the caller can do, its facts what a person needs to know. */
export class LenscapError extends Error {
  readonly kind: ErrorKind
  readonly facts: ErrorFacts

  constructor(kind: ErrorKind, message: string, facts: ErrorFacts = {}, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'LenscapError'
    this.kind = kind
    this.facts = facts
  }
}

/** The kind of any thrown value; what isn't ours counts as `invalid` unless it is an abort or a known network code. */
export function errorKind(error: unknown): ErrorKind {
  if (error instanceof LenscapError) return error.kind
  if (error instanceof Error) {
    if (error.name === 'AbortError') return 'cancelled'
    if (error.name === 'TimeoutError') return 'timeout'
    const code = 'code' in error ? String(error.code) : ''
    if (code === 'ETIMEDOUT' || code === 'ESOCKETTIMEDOUT') return 'timeout'
    if (/^(ECONN|EHOST|ENET|EPIPE|ENOTFOUND|EAI_)/.test(code)) return 'unreachable'
    if (/^(ENOSPC|EROFS|EIO|SQLITE_(FULL|IOERR|READONLY|CORRUPT))/.test(code)) return 'storage'
  }
  return 'invalid'
}

/** One line for a person: the message and, where it says more, its cause. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const cause = error.cause instanceof Error && error.cause.message !== error.message ? ` (${error.cause.message})` : ''
  return `${error.message}${cause}`
}
