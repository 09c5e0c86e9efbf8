import type { z } from 'zod'
import { Envelope, type Id } from '../../agent/protocol/envelope.ts'
import { MESSAGES, type MessageName, type PayloadOf } from '../../agent/protocol/topics.ts'

/** A message as the broker took it: the sender is authenticated, the payload is not looked at yet. */
export interface Incoming {
  readonly agent: Id
  readonly account: Id
  readonly name: MessageName
  /** The camera's or the command's id, where the topic has one. */
  readonly id?: Id
  readonly payload: Buffer
}

/** The number of a numbered message. */
export interface MessageNumber {
  readonly stream: Id
  readonly seq: number
}

type Body = { [Name in MessageName]: { readonly name: Name; readonly payload: PayloadOf<Name> } }[MessageName]

/** Believed: what it says, and for a numbered message its number. */
export interface Message {
  readonly agent: Id
  readonly account: Id
  readonly id: Id | undefined
  readonly number: MessageNumber | undefined
  /** Undefined: it doesn't parse, but its number does. It is recorded as rejected, else it would block the stream. */
  readonly body: Body | undefined
}

/** The message, or undefined for junk that can't even be acknowledged. */
export function parseMessage(incoming: Incoming): Message | undefined {
  const json = parseJson(incoming.payload)
  const envelope = Envelope.safeParse(json)
  const number = numberOf(envelope)
  if (MESSAGES[incoming.name].numbered && number === undefined) return undefined
  const payload = MESSAGES[incoming.name].schema.safeParse(json)
  if (!payload.success && number === undefined) return undefined
  // The table above pairs each name with its schema; the compiler can't follow a pair through a lookup.
  const body = payload.success ? ({ name: incoming.name, payload: payload.data } as Body) : undefined
  return {
    agent: incoming.agent,
    account: incoming.account,
    id: incoming.id,
    number: MESSAGES[incoming.name].numbered ? number : undefined,
    body,
  }
}

function numberOf(envelope: z.ZodSafeParseResult<Envelope>): MessageNumber | undefined {
  if (!envelope.success || envelope.data.stream === undefined || envelope.data.seq === 0) return undefined
  return { stream: envelope.data.stream, seq: envelope.data.seq }
}

function parseJson(payload: Buffer): unknown {
  try {
    return JSON.parse(payload.toString())
  } catch {
    return undefined
  }
}
