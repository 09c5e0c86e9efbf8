import type { ParameterSets } from './parameter-sets.ts'
import type { SoundFormat } from './sound-format.ts'

/** RTP video clocks tick at 90 kHz (RFC 6184, 8.2.1; RFC 7798, 7.1). */
export const TICKS_PER_SECOND = 90_000

/** Memory that is used again once everyone who was given a part of it has released it. */
export interface Lease {
  release(): void
}

/** One picture, as it goes into a file. */
export interface AccessUnit {
  /** NAL units, each behind its length in 4 bytes, without parameter sets. Not written to before it is released. */
  readonly data: Uint8Array
  /** To be released at most once, when nobody will look at `data` any more. Left alone, the collector sees to it. */
  readonly lease?: Lease
  /** True where decoding can start: an IDR picture, in H.265 any random access point. */
  readonly keyframe: boolean
  /** Shown before the keyframe that it follows, and refers to pictures before that (RASL: H.265, 3.129): no start. */
  readonly leansBack?: boolean
  /** Presentation time in 90 kHz ticks since the stream's first picture; falls back only for reordered pictures. */
  readonly ticks: number
  /** When its last packet came, by the box's clock: UTC, milliseconds since 1970. */
  readonly arrivedAtMs: number
  /** What a decoder needs for this picture; the same object until the camera changes it. */
  readonly parameters: ParameterSets
}

/** A piece of sound: one AAC frame, or the G.711 bytes of one packet. */
export interface SoundUnit {
  /** Never written to again. */
  readonly data: Uint8Array
  /** How long it lasts, in samples of its format's rate. */
  readonly samples: number
  /** When it is heard, on the pictures' clock: 90 kHz ticks since the stream's first picture. May be a fraction. */
  readonly ticks: number
  /** The same object for a whole stream. */
  readonly format: SoundFormat
}

export type StreamUnit = AccessUnit | SoundUnit

export const isSound = (unit: StreamUnit): unit is SoundUnit => 'format' in unit
