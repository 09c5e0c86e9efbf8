/** How a stream's sound is coded, as far as a player or a file must know. */
export type SoundFormat = AacFormat | G711Format

export interface AacFormat {
  readonly codec: 'aac'
  /** Ticks of its RTP clock, which is the sampling rate, a second. */
  readonly sampleRateHz: number
  readonly channels: number
  /** AudioSpecificConfig (ISO/IEC 14496-3, 1.6.2.1), as the camera gave it. */
  readonly config: Uint8Array
}

/** G.711, mono: µ-law or A-law. */
export interface G711Format {
  readonly codec: 'pcmu' | 'pcma'
  readonly sampleRateHz: number
  readonly channels: 1
}
