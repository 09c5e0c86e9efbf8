import { BitReader } from './bit-reader.ts'
import type { NalUnit } from './codec.ts'
import { skipLook } from './vui.ts'

/** What a sequence parameter set says of its pictures. */
export interface Sps {
  readonly width: number
  readonly height: number
  /** Undefined where it doesn't say. */
  readonly framesPerSecond: number | undefined
  readonly isInterlaced: boolean
}

const PROFILES_WITH_CHROMA = [100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135]
const POC_CYCLE_MAX = 255

/** Of H.264. Throws RangeError where the unit ends too early, or holds what no SPS may. */
export function parseSps(unit: NalUnit): Sps {
  const reader = new BitReader(unit.subarray(1))
  const profileIdc = reader.bits(8)
  reader.bits(16)
  reader.ue()
  const chroma = PROFILES_WITH_CHROMA.includes(profileIdc) ? readChroma(reader) : 1
  reader.ue()
  skipPictureOrder(reader)
  reader.ue()
  reader.bits(1)
  const widthMbs = reader.ue() + 1
  const heightUnits = reader.ue() + 1
  const isInterlaced = reader.bits(1) === 0
  if (isInterlaced) reader.bits(1)
  reader.bits(1)
  const crop = reader.bits(1) === 1 ? [reader.ue(), reader.ue(), reader.ue(), reader.ue()] : [0, 0, 0, 0]
  const [left = 0, right = 0, top = 0, bottom = 0] = crop
  const unitX = chroma === 1 || chroma === 2 ? 2 : 1
  const unitY = (chroma === 1 ? 2 : 1) * (isInterlaced ? 2 : 1)
  const width = widthMbs * 16 - (left + right) * unitX
  const height = heightUnits * 16 * (isInterlaced ? 2 : 1) - (top + bottom) * unitY
  if (width <= 0 || height <= 0 || width > 16_384 || height > 16_384)
    throw new RangeError('The SPS tells no usable size')
  const framesPerSecond = reader.bits(1) === 1 ? readFrameRate(reader) : undefined
  return { width, height, framesPerSecond, isInterlaced }
}

/** H.264, 7.3.2.1.1, of the high profiles. */
function readChroma(reader: BitReader): number {
  const chroma = reader.ue()
  if (chroma === 3) reader.bits(1)
  reader.ue()
  reader.ue()
  reader.bits(1)
  if (reader.bits(1) === 0) return chroma
  for (let list = 0; list < (chroma === 3 ? 12 : 8); list++)
    if (reader.bits(1) === 1) skipScalingList(reader, list < 6 ? 16 : 64)
  return chroma
}

/** H.264, 7.3.2.1.1.1. */
function skipScalingList(reader: BitReader, size: number): void {
  let last = 8
  let next = 8
  for (let i = 0; i < size; i++) {
    if (next !== 0) next = (last + reader.se() + 256) % 256
    if (next !== 0) last = next
  }
}

function skipPictureOrder(reader: BitReader): void {
  const type = reader.ue()
  if (type === 0) reader.ue()
  if (type !== 1) return
  reader.bits(1)
  reader.se()
  reader.se()
  const cycle = reader.ue()
  if (cycle > POC_CYCLE_MAX) throw new RangeError('The SPS has too long a picture order cycle')
  for (let i = 0; i < cycle; i++) reader.se()
}

/** H.264, E.1.1, as far as the timing; a frame is two ticks (E.2.1). */
function readFrameRate(reader: BitReader): number | undefined {
  skipLook(reader)
  if (reader.bits(1) === 0) return undefined
  const unitsInTick = reader.bits(32)
  const timeScale = reader.bits(32)
  return unitsInTick > 0 && timeScale > 0 ? timeScale / (2 * unitsInTick) : undefined
}
