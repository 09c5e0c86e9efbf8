import { type ErrorFacts, type ErrorKind, LenscapError } from '../base/errors.ts'
import { parseXml, type Xml } from './xml.ts'

/** Why a device said no, as far as it can be told; stands in an error's `facts.reason`. */
export type Refusal =
  | 'no-credential' // it wants one and we have none
  | 'credential' // it does not take this one
  | 'operation' // this user may not do this
  | 'scheme' // it asks for a login that we cannot or will not give, such as Basic
  | 'locked-out' // too many wrong attempts before: the password may be right
  | 'slots' // no subscription or connection is free
  | 'clock' // the digest's time does not suit it
  | 'identity' // it may be another device than the one that is meant: nothing was sent

/** The reason that `openDevice` and `Device` put into their errors. */
export function refusalOf(error: unknown): Refusal | undefined {
  const reason = error instanceof LenscapError ? error.facts['reason'] : undefined
  return REFUSALS.find((each) => each === reason)
}

const REFUSALS: readonly Refusal[] = [
  'no-credential',
  'credential',
  'operation',
  'scheme',
  'locked-out',
  'slots',
  'clock',
  'identity',
]

/** A SOAP fault's words: SOAP 1.2 codes and subcodes by local name, and whatever text came with them. */
interface Fault {
  readonly codes: readonly string[]
  readonly text: string
}

/** The fault in a reply, SOAP 1.2 (Part 1, 5.4) or 1.1. */
function faultIn(reply: Xml): Fault | undefined {
  const fault = reply.one('Envelope', 'Body', 'Fault')
  if (!fault) return undefined
  const codes: string[] = []
  for (let code = fault.one('Code'); code && codes.length < 5; code = code.one('Subcode')) {
    codes.push(localName(code.textOf('Value')))
  }
  if (codes.length === 0) codes.push(localName(fault.textOf('faultcode')))
  const words = [fault.textOf('Reason', 'Text'), fault.textOf('faultstring'), fault.textOf('Detail', 'Text')]
  return { codes: codes.filter((code) => code !== ''), text: words.filter((word) => word !== '').join('; ') }
}

interface Meaning {
  readonly pattern: RegExp
  readonly kind: ErrorKind
  readonly reason?: Refusal
  readonly says: string
}

const LOCKED: Meaning = {
  pattern: /lock(ed)?(out)?\b|UserLocked|AccountLocked|\bBlocked|HasBlocked/i,
  kind: 'busy',
  reason: 'locked-out',
  says: 'has locked this user or address out: wait, and check what else uses a wrong password',
}

/** What such an answer means. First match wins; the more telling words stand first. */
const MEANINGS: readonly Meaning[] = [
  { pattern: /BlockedThread|UpperLimit/i, kind: 'busy', reason: 'slots', says: 'has no slot free' },
  LOCKED,
  {
    pattern: /time check|timestamp|MessageExpired|expired.*(created|security)|clock/i,
    kind: 'refused',
    reason: 'clock',
    says: "does not accept the request's time: set its clock",
  },
  {
    pattern: /NotAuthorized|not authorized|FailedAuthentication|FailedCheck|InvalidSecurity|unauthorized|forbidden/i,
    kind: 'refused',
    reason: 'credential',
    says: 'refuses the user or password',
  },
  {
    pattern:
      /Max(imum)?(NumberOf|PullPoints)|TooMany|too many|ResourceUnavailable|exceed|PullPoint.*(limit|max)|SubscribeCreationFailed|UnableToCreatePullPoint|no (free|more)/i,
    kind: 'busy',
    reason: 'slots',
    says: 'has no slot free',
  },
  {
    pattern:
      /ActionNotSupported|OptionalActionNotImplemented|NotImplemented|not (supported|implemented)|ServiceNotSupported/i,
    kind: 'unsupported',
    says: 'does not offer this',
  },
]

/** The error for a fault. */
function errorOfFault(fault: Fault, facts: ErrorFacts): LenscapError {
  const words = `${fault.codes.join(' ')} ${fault.text}`.slice(0, 1000)
  const found = MEANINGS.find(({ pattern }) => pattern.test(words))
  // Who says how long to wait does not speak of the password.
  const meaning = found?.reason === 'credential' && facts['waitMs'] !== undefined ? LOCKED : found
  const all = { ...facts, fault: words.trim().slice(0, 200) }
  if (!meaning) return new LenscapError('invalid', `The device answers ${facts['operation']} with a fault`, all)
  return new LenscapError(meaning.kind, `The device ${meaning.says}`, { ...all, reason: meaning.reason })
}

/** Reads a reply's envelope. @throws LenscapError for a fault, an HTTP refusal, or what isn't a SOAP reply */
export function bodyOfReply(status: number, text: string, facts: ErrorFacts): Xml {
  const reply = /Envelope/.test(text) ? parseXml(text) : undefined
  const fault = reply && faultIn(reply)
  const isTold = facts['waitMs'] !== undefined
  if (status === 503 && isTold) throw errorOfFault({ codes: ['Locked'], text: `HTTP ${status}` }, { ...facts, status })
  if (fault) throw errorOfFault(fault, { ...facts, status })
  if (status === 401 || status === 403) {
    const locked = isTold || /lock(ed|out)|>lock<|too many|\bblocked\b/i.test(text)
    const words = { codes: [locked ? 'Locked' : 'NotAuthorized'], text: `HTTP ${status}` }
    throw errorOfFault(words, { ...facts, status })
  }
  if (status === 429 || status === 503) {
    throw new LenscapError('busy', 'The device is busy', { ...facts, status, reason: 'slots' })
  }
  const body = reply?.one('Envelope', 'Body')
  if (body && status < 400) return body
  if (status === 404 || status === 405 || status === 501) {
    throw new LenscapError('unsupported', 'The device does not offer this', { ...facts, status })
  }
  throw new LenscapError('invalid', 'The reply is not a SOAP message', { ...facts, status, bytes: text.length })
}

/** Whether the device answered in good order, and said no. */
export const isFault = (error: unknown) => error instanceof LenscapError && error.facts['fault'] !== undefined

/** Whether not even a connection came about. */
export const isNobodyThere = (error: unknown) =>
  error instanceof LenscapError && error.kind === 'unreachable' && error.facts['reached'] === 'nothing'

/** The operation that an error is about; empty where none was begun. */
export const operationOf = (error: unknown) =>
  error instanceof LenscapError ? String(error.facts['operation'] ?? '') : ''

/** The same refusal, with what it turned out to mean. */
export function withReason(error: unknown, reason: Refusal): LenscapError {
  const { message, facts } = error instanceof LenscapError ? error : new LenscapError('refused', String(error))
  if (reason === 'no-credential') {
    // Without what it said as a cause: that it refuses the user is what everybody hears who names none.
    return new LenscapError('refused', 'The device wants a user and password', { ...facts, reason })
  }
  if (reason === 'locked-out') {
    const says = 'The device refuses what it answered before: it seems to have locked us out'
    return new LenscapError('busy', says, { ...facts, reason }, error)
  }
  if (reason === 'slots') {
    return new LenscapError('busy', 'The device has no connection free', { ...facts, reason }, error)
  }
  if (reason === 'scheme') {
    const says = 'The device takes no login that hides the password and works: switch HTTP Digest on in the device'
    return new LenscapError('refused', says, { ...facts, reason, diagnosis: 'AUTH_UNSUPPORTED' }, error)
  }
  return new LenscapError('refused', message, { ...facts, reason }, error)
}

/** How long the device says to wait, ms. */
export const waitMsOf = (error: unknown): number | undefined => {
  const waitMs = error instanceof LenscapError ? error.facts['waitMs'] : undefined
  return typeof waitMs === 'number' ? waitMs : undefined
}

/** Why the credential that was to go along with the refused request was not shown, or not looked at. */
export const unshownOf = (error: unknown): 'unasked' | 'stale' | undefined => {
  const unshown = error instanceof LenscapError ? error.facts['unshown'] : undefined
  return unshown === 'unasked' || unshown === 'stale' ? unshown : undefined
}

/** The HTTP status of the answer that an error is about. */
export const statusOf = (error: unknown): number | undefined => {
  const status = error instanceof LenscapError ? error.facts['status'] : undefined
  return typeof status === 'number' ? status : undefined
}

const localName = (name: string) => name.trim().replace(/^.*:/, '')
