import type { AccessUnit } from './annexb.ts'
import type { Codec, NalUnit } from './codec.ts'

/** A looped moving picture in one encoding: shared, never changed, by all who show it. It begins with a keyframe. */
export interface Video {
  readonly codec: Codec
  readonly width: number
  readonly height: number
  readonly framesPerSecond: number
  readonly accessUnits: readonly AccessUnit[]
  /** SPS and PPS, in H.265 with the VPS before them. */
  readonly parameterSets: readonly NalUnit[]
  /** Frames from the first keyframe to the next. */
  readonly gopFrames: number
  /** A round figure that its mean stays below. */
  readonly bitrateLimitKbit: number
}

/** Adds what can be counted. */
export function videoOf(told: Omit<Video, 'gopFrames' | 'bitrateLimitKbit'>): Video {
  const { accessUnits, framesPerSecond } = told
  const next = accessUnits.findIndex(({ isKeyframe }, i) => i > 0 && isKeyframe)
  const bytes = accessUnits.flatMap(({ nalUnits }) => nalUnits).reduce((sum, { length }) => sum + length, 0)
  const meanKbit = (bytes * 8 * framesPerSecond) / accessUnits.length / 1000
  return {
    ...told,
    gopFrames: next < 0 ? accessUnits.length : next,
    bitrateLimitKbit: 2 ** Math.ceil(Math.log2(Math.max(meanKbit, 64))),
  }
}
