import * as z from 'zod'
import { Id, payload, TimeMs, text } from './envelope.ts'
import { LiveOrder, LiveTrouble } from './live.ts'

/** From the bridge, retained: all messages of this stream up to and including `upTo` are committed. Only this trims the spool. */
export const Ack = payload({
  stream: Id,
  upTo: z.number().int().min(0),
  /** Numbers above `upTo` that are committed already, as inclusive ranges, so that only the gaps are sent again. */
  ahead: z.array(z.tuple([z.number().int(), z.number().int()])).max(64),
})
export type Ack = z.infer<typeof Ack>

const CommandName = z.enum(['refresh', 'snapshot', 'reset', 'live'])

/** To the agent. Not retained, and void after `expires`: a box that was away does nothing stale. */
export const Command = payload({
  name: CommandName,
  camera: Id.optional(),
  expires: TimeMs,
  /** Of `live`. */
  live: LiveOrder.optional(),
})
export type Command = z.infer<typeof Command>

export const Reply = payload({
  ok: z.boolean(),
  message: text(512),
  /** Of `live`: why not. */
  reason: LiveTrouble.optional().catch('camera'),
})
export type Reply = z.infer<typeof Reply>
