import * as z from 'zod'
import { Id, payload, text } from './envelope.ts'

export const ActivityKind = z.enum([
  'agent-started',
  'camera-discovered',
  'camera-changed',
  'camera-moved',
  'camera-lost',
  'camera-returned',
  'credential-refused',
  'grant-taken',
  'grant-refused',
  'cap-on',
  'cap-off',
  'snapshot-taken',
  'clip-recorded',
  'upload-done',
  'upload-cancelled',
  'upload-failed',
  'messages-dropped',
  'command-done',
  'upload-refused',
  'camera-forgotten',
  'live-view',
  /** What a box of a newer release did: its message says what. */
  'other',
])
export type ActivityKind = z.infer<typeof ActivityKind>

/** What the agent did, in words that its owner understands. */
export const Activity = payload({
  /** A kind that only a newer release has is no fault: boxes and bridges are of many ages. */
  kind: ActivityKind.catch('other'),
  camera: Id.optional(),
  message: text(512),
})
export type Activity = z.infer<typeof Activity>
