import { BitReader } from '../rtsp/bits.ts'

/** What a file's header needs of a sequence parameter set (H.264, 7.3.2.1.1). */
export interface SpsFacts {
  readonly profile: number
  readonly compatibility: number
  readonly level: number
  /** Pixels, after cropping. */
  readonly width: number
  readonly height: number
  readonly chromaFormat: number
  readonly bitDepthLuma: number
  readonly bitDepthChroma: number
}

// Profiles whose parameter set says more about colour (H.264, 7.3.2.1.1).
const HIGH_PROFILES = [100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135]

/** Whether the sample entry of this profile repeats the colour format (ISO/IEC 14496-15, 5.3.3.1.2). */
export const isHighProfile = (profile: number): boolean => HIGH_PROFILES.includes(profile)

/** @throws LenscapError `invalid` where it ends too early or makes no sense */
export function parseSps(nal: Uint8Array): SpsFacts {
  const reader = new BitReader(nal)
  const profile = reader.bits(8)
  const compatibility = reader.bits(8)
  const level = reader.bits(8)
  reader.unsigned()
  const colour = isHighProfile(profile) ? readColour(reader) : { chromaFormat: 1, bitDepthLuma: 8, bitDepthChroma: 8 }
  reader.unsigned()
  skipOrderCount(reader)
  reader.unsigned()
  reader.bit()
  const widthMbs = reader.unsigned() + 1
  const heightUnits = reader.unsigned() + 1
  const fieldFactor = 2 - reader.bit()
  if (fieldFactor === 2) reader.bit()
  reader.bit()
  const [left, right, top, bottom] = readCrop(reader)
  const cropX = colour.chromaFormat === 1 || colour.chromaFormat === 2 ? 2 : 1
  const cropY = (colour.chromaFormat === 1 ? 2 : 1) * fieldFactor
  const width = widthMbs * 16 - (left + right) * cropX
  const height = heightUnits * 16 * fieldFactor - (top + bottom) * cropY
  return { profile, compatibility, level, width, height, ...colour }
}

function readColour(reader: BitReader): Pick<SpsFacts, 'chromaFormat' | 'bitDepthLuma' | 'bitDepthChroma'> {
  const chromaFormat = reader.unsigned()
  if (chromaFormat === 3) reader.bit()
  const bitDepthLuma = 8 + reader.unsigned()
  const bitDepthChroma = 8 + reader.unsigned()
  reader.bit()
  if (reader.bit() === 1) {
    const lists = chromaFormat === 3 ? 12 : 8
    for (let i = 0; i < lists; i++) if (reader.bit() === 1) skipScalingList(reader, i < 6 ? 16 : 64)
  }
  return { chromaFormat, bitDepthLuma, bitDepthChroma }
}

/** H.264, 7.3.2.1.1.1. */
function skipScalingList(reader: BitReader, size: number): void {
  let next = 8
  for (let i = 0, last = 8; i < size && next !== 0; i++) {
    next = (last + reader.signed() + 256) % 256
    if (next !== 0) last = next
  }
}

function skipOrderCount(reader: BitReader): void {
  const type = reader.unsigned()
  if (type === 0) reader.unsigned()
  if (type !== 1) return
  reader.bit()
  reader.signed()
  reader.signed()
  const cycle = Math.min(255, reader.unsigned())
  for (let i = 0; i < cycle; i++) reader.signed()
}

function readCrop(reader: BitReader): readonly [number, number, number, number] {
  if (reader.bit() === 0) return [0, 0, 0, 0]
  return [reader.unsigned(), reader.unsigned(), reader.unsigned(), reader.unsigned()]
}
