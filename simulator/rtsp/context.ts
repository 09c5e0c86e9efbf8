import type { Journal } from '../journal/journal.ts'
import type { CameraFacts } from '../onvif/facts.ts'
import type { Guard } from '../onvif/guard.ts'
import type { Pacer } from './pacer.ts'
import type { Sessions } from './sessions.ts'
import type { RtspStream } from './stream.ts'
import type { Crowd } from './wrong/crowd.ts'

/** What all connections to one camera share. */
export interface RtspContext {
  readonly facts: CameraFacts
  readonly streams: readonly RtspStream[]
  readonly guard: Guard
  readonly journal: Journal
  readonly pacer: Pacer
  readonly sessions: Sessions
  readonly crowd: Crowd
  /** Begins the same row of numbers in [0, 1) anew. */
  readonly chance: () => () => number
}
