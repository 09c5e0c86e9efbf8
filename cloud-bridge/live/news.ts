import { z } from 'zod'

/** Why nothing comes, or comes any more. */
const LiveReason = z.enum([
  'no-consent',
  'offline',
  'silent',
  'camera',
  'unsupported',
  'busy',
  'bridge',
  'signed-out',
  'gone',
])
export type LiveReason = z.infer<typeof LiveReason>

/**
 * Text messages to a viewer, as JSON: how it stands. `asking` the box, `waiting` for the first picture, `live`, `trouble`
 * that may pass by itself, or `over`: then the connection ends, and to ask again is the viewer's to do.
 */
export const LiveNews = z.object({
  state: z.enum(['asking', 'waiting', 'live', 'trouble', 'over']),
  reason: LiveReason.nullable(),
  /** In the box's words, where it had any. */
  message: z.string(),
  /** True: what follows is encrypted for the owner alone, head and messages as the box made them. */
  sealed: z.boolean(),
})
export type LiveNews = z.infer<typeof LiveNews>
