import type { ErrorFacts } from '../base/errors.ts'
import type { RawReply } from './carry.ts'
import { bodyOfReply } from './faults.ts'
import { waitMsIn } from './lockout.ts'
import type { SoapRequest } from './requests.ts'
import { Xml } from './xml.ts'

/** A reply with what came attached to it. */
export interface Answer {
  /** The Body; an empty one where it was known. */
  readonly body: Xml
  readonly isKnown: boolean
  /** The envelope. */
  readonly text: string
  /** By Content-ID. */
  readonly parts: ReadonlyMap<string, Buffer>
}

export interface Exchanged {
  readonly reply: RawReply
  readonly request: SoapRequest
  /**
   * Why a credential that was to go along could not be shown: nothing was asked for that can be answered, so it was not
   * sent at all; or what was shown is called stale at once.
   */
  readonly unshown?: 'unasked' | 'stale' | undefined
}

const NOTHING = new Xml(undefined)

/**
 * What was answered, as far as it is wanted.
 * @param isKnown whether a reply of this text need not be parsed
 * @param nowMs UTC
 * @throws LenscapError for a fault, an HTTP refusal, or what isn't a SOAP reply
 */
export function answerIn(
  { reply: { status, headers, text, parts }, unshown }: Exchanged,
  facts: ErrorFacts,
  isKnown: ((text: string) => boolean) | undefined,
  nowMs: number,
): Answer {
  if (status === 200 && isKnown?.(text)) return { body: NOTHING, isKnown: true, text, parts }
  const waitMs = waitMsIn(headers, text, nowMs)
  const all = { ...facts, ...(waitMs === undefined ? {} : { waitMs }), ...(unshown === undefined ? {} : { unshown }) }
  return { body: bodyOfReply(status, text, all), isKnown: false, text, parts }
}
