import * as z from 'zod'
import { Id, text } from './envelope.ts'

/** What is asked for: a small picture for a grid, or the camera's best. */
export const LiveQuality = z.enum(['grid', 'one'])
export type LiveQuality = z.infer<typeof LiveQuality>

/** How long a box goes on without hearing from the bridge: then nobody watches any more, or the bridge is dead. */
export const LIVE_LEASE_MS = 15_000

/**
 * What a `live` command says: begin, or go on with, one session of one camera. The lease counts from when the box hears of
 * it; 0 ends the session at once.
 */
export const LiveOrder = z.object({
  session: Id,
  quality: LiveQuality,
  leaseMs: z.number().int().min(0).max(60_000),
})
export type LiveOrder = z.infer<typeof LiveOrder>

/** Why a box sends nothing, or nothing for now. */
export const LiveTrouble = z.enum(['no-consent', 'camera', 'unsupported', 'busy', 'bridge'])
export type LiveTrouble = z.infer<typeof LiveTrouble>

/** Text messages from the box, as JSON. `hello` comes first, once. */
export const LiveSaid = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('hello'),
    v: z.literal(1),
    session: Id,
    camera: Id,
    grantSerial: z.number().int().min(1),
  }),
  /** No picture comes for now; the box goes on trying. */
  z.object({ type: z.literal('trouble'), reason: LiveTrouble.catch('camera'), message: text(256) }),
  /** The line is slower than the camera: so many pictures were left out, up to a keyframe. */
  z.object({ type: z.literal('dropped'), pictures: z.number().int().min(0) }),
])
export type LiveSaid = z.infer<typeof LiveSaid>

/** Text messages to the box, as JSON: all of a part has been received. */
export const LiveHeard = z.object({ type: z.literal('got'), item: Id })
export type LiveHeard = z.infer<typeof LiveHeard>
