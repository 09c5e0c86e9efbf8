import { BitReader } from '../rtsp/bits.ts'
import { type ProfileTierLevel, readProfileTierLevel } from '../rtsp/h265-profile.ts'

/** What a file's header needs of an H.265 sequence parameter set (7.3.2.2.1). */
export interface SpsFactsH265 extends ProfileTierLevel {
  /** Pixels, after cropping. */
  readonly width: number
  readonly height: number
  readonly chromaFormat: number
  readonly bitDepthLuma: number
  readonly bitDepthChroma: number
}

/** @throws LenscapError `invalid` where it ends too early or makes no sense */
export function parseSpsH265(nal: Uint8Array): SpsFactsH265 {
  const reader = new BitReader(nal, 2)
  const profile = readProfileTierLevel(reader)
  reader.unsigned()
  const chromaFormat = reader.unsigned()
  if (chromaFormat === 3) reader.bit()
  const fullWidth = reader.unsigned()
  const fullHeight = reader.unsigned()
  const crop = reader.bit() === 1 ? Array.from({ length: 4 }, () => reader.unsigned()) : []
  const [left = 0, right = 0, top = 0, bottom = 0] = crop
  const width = fullWidth - (left + right) * (chromaFormat === 1 || chromaFormat === 2 ? 2 : 1)
  const height = fullHeight - (top + bottom) * (chromaFormat === 1 ? 2 : 1)
  const bitDepthLuma = 8 + reader.unsigned()
  const bitDepthChroma = 8 + reader.unsigned()
  return { ...profile, chromaFormat, width, height, bitDepthLuma, bitDepthChroma }
}
