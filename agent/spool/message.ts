import { LenscapError } from '../base/errors.ts'
import { type Envelope, Id, PROTOCOL_VERSION } from '../protocol/envelope.ts'
import { MESSAGES, type NumberedName, PAYLOAD_BYTES_MAX, type PayloadOf } from '../protocol/topics.ts'

/** The fields of a payload that its maker writes; the spool adds the envelope. */
type BodyOf<Name extends NumberedName> = Omit<PayloadOf<Name>, keyof Envelope>

/** What a room hands to the spool: a numbered message without its envelope. `at`: UTC ms, now where absent. */
export type SpoolMessage = {
  [Name in NumberedName]: {
    readonly name: Name
    readonly body: BodyOf<Name>
    readonly at?: number
  } & (Name extends `camera-${string}` ? { readonly id: Id } : { readonly id?: undefined })
}[NumberedName]

/** A message that was checked and has no number yet. */
export interface CheckedMessage {
  readonly name: NumberedName
  readonly id: Id | undefined
  readonly at: number
  /** JSON text of the payload without the envelope: an object with at least one field. */
  readonly body: string
}

// What the envelope adds to the text, at most: the largest numbers and the longest stream id.
const ENVELOPE_BYTES_MAX = 128

/**
 * Checks a message by the contract's own schema; unknown fields are left out.
 * @throws LenscapError `invalid` for what the contract refuses (a bug of ours), `limit` for what is larger than a broker takes
 */
export function checkMessage(message: SpoolMessage, nowMs: number): CheckedMessage {
  const { name, id, body } = message
  const at = Math.round(message.at ?? nowMs)
  const takesId = MESSAGES[name].path.includes('{')
  if (takesId !== (id !== undefined) || (id !== undefined && !Id.safeParse(id).success)) {
    throw new LenscapError('invalid', `A ${name} message ${takesId ? 'needs a valid' : 'has no'} id`, { name })
  }
  const parsed = MESSAGES[name].schema.safeParse({ ...body, v: PROTOCOL_VERSION, at, seq: 0 })
  if (!parsed.success) {
    const where = parsed.error.issues.map((issue) => issue.path.join('.') || 'payload').join(', ')
    throw new LenscapError('invalid', `The contract refuses this ${name} message: look at ${where}`, { name, where })
  }
  const { v: _v, at: _at, seq: _seq, stream: _stream, ...fields } = parsed.data
  const text = JSON.stringify(fields)
  const bytes = Buffer.byteLength(text) + ENVELOPE_BYTES_MAX
  if (bytes > PAYLOAD_BYTES_MAX) {
    throw new LenscapError('limit', `A ${name} message is larger than a broker takes`, { name, bytes })
  }
  return { name, id, at, body: text }
}

/** The final JSON text of a message: what is stored is what travels. */
export function payloadText(message: CheckedMessage, seq: number, stream: Id): string {
  return `{"v":${PROTOCOL_VERSION},"at":${message.at},"seq":${seq},"stream":"${stream}",${message.body.slice(1)}`
}
