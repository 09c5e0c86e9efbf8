import type { EventFacts } from '../protocol/camera.ts'

/** Events after which a clip is wanted. */
export const CLIP_KINDS: ReadonlySet<EventFacts['kind']> = new Set([
  'motion',
  'person',
  'vehicle',
  'animal',
  'face',
  'line-crossing',
  'intrusion',
  'tamper',
  'doorbell',
])
