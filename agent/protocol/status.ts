import * as z from 'zod'
import { payload, text } from './envelope.ts'

/** Retained birth at each connect, and (with `online: false`) the retained will. */
export const Status = payload({
  online: z.boolean(),
  version: text(64),
  uptimeS: z.number().min(0),
  /** Cap on: nothing leaves, whatever was granted. */
  cap: z.boolean(),
  /** What waits on the box for the bridge's acknowledgement, and how much the bound made it let go so far. */
  spool: z.object({
    messages: z.number().int().min(0),
    bytes: z.number().int().min(0),
    dropped: z.number().int().min(0),
  }),
  /** Whose word lets the box forget a message. `broker`: there is no bridge, and a PUBACK has to do; absent: `bridge`. */
  settledBy: z.enum(['bridge', 'broker']).optional(),
})
export type Status = z.infer<typeof Status>
