import * as z from 'zod'

/** Version of the wire contract. Fielded devices outlive cloud releases: fields are added, never changed or removed. */
export const PROTOCOL_VERSION = 1

/** Ids that we issue: lower-case base32. Never taken from a string that a camera supplied. */
export const Id = z.string().regex(/^[a-z2-7]{8,32}$/)
export type Id = z.infer<typeof Id>

/** Free text that may come from a camera: bounded, so that nobody downstream has to ask. */
export const text = (lengthMax: number) => z.string().max(lengthMax)

/** UTC, milliseconds since 1970. */
export const TimeMs = z.number().int().min(0).max(8.64e15)

/** What every payload carries. */
export const Envelope = z.object({
  v: z.literal(PROTOCOL_VERSION),
  /** When it happened, by the box's clock: UTC, milliseconds since 1970. */
  at: TimeMs,
  /** The message's number within its stream, from 1. 0: not numbered (status, replies, what the bridge sends). */
  seq: z.number().int().min(0).max(Number.MAX_SAFE_INTEGER),
  /** Names one life of the box's spool: a box that lost its spool starts a new stream, so that numbers never collide. */
  stream: Id.optional(),
})
export type Envelope = z.infer<typeof Envelope>

/** Adds fields to the envelope. */
export const payload = <Shape extends z.ZodRawShape>(shape: Shape) => Envelope.extend(shape)
