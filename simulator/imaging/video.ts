import type { AccessUnit, NalUnit } from './annexb.ts'

/** A looped moving picture in one encoding: shared, never changed, by all who show it. It begins with a keyframe. */
export interface Video {
  readonly width: number
  readonly height: number
  readonly framesPerSecond: number
  /** Frames from one keyframe to the next. */
  readonly gopFrames: number
  readonly accessUnits: readonly AccessUnit[]
  /** SPS and PPS. */
  readonly parameterSets: readonly NalUnit[]
}
