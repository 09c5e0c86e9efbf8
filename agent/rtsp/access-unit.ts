import type { ParameterSets } from './parameter-sets.ts'

/** RTP video clocks tick at 90 kHz (RFC 6184, 8.2.1). */
export const TICKS_PER_SECOND = 90_000

/** One picture, as it goes into a file. */
export interface AccessUnit {
  /** NAL units, each behind its length in 4 bytes, without parameter sets. Never written to again. */
  readonly data: Uint8Array
  /** True for an IDR picture: decoding can start here. */
  readonly keyframe: boolean
  /** Presentation time in 90 kHz ticks since the stream's first packet; falls back only for reordered pictures. */
  readonly ticks: number
  /** When its last packet came, by the box's clock: UTC, milliseconds since 1970. */
  readonly arrivedAtMs: number
  /** What a decoder needs for this picture; the same object until the camera changes it. */
  readonly parameters: ParameterSets
}
