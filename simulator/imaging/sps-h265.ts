import { BitReader } from './bit-reader.ts'
import type { NalUnit } from './codec.ts'
import type { Sps } from './sps.ts'
import { skipLook } from './vui.ts'

const HEADER_BYTES = 2
const CHROMA_444 = 3
/** Of each kind, the most that the specification allows (H.265, 7.4.3.2.1 and 7.4.8). */
const SHORT_TERM_SETS_MAX = 64
const LONG_TERM_MAX = 32
const REFERENCES_MAX = 16

/** An SPS of H.265 says, too, whether pictures come in another order than they are shown in. */
export interface SpsH265 extends Sps {
  readonly isReordered: boolean
}

/** Throws RangeError where the unit ends too early, or holds what no SPS may (H.265, 7.3.2.2.1). */
export function parseSpsH265(unit: NalUnit): SpsH265 {
  const reader = new BitReader(unit.subarray(HEADER_BYTES))
  reader.bits(4)
  const subLayers = reader.bits(3)
  reader.bits(1)
  skipProfile(reader, subLayers)
  reader.ue()
  const size = readSize(reader)
  reader.ue()
  reader.ue()
  const orderCountBits = reader.ue() + 4
  const reordered = readReordering(reader, subLayers)
  for (let sizes = 0; sizes < 6; sizes++) reader.ue()
  if (reader.bits(1) === 1 && reader.bits(1) === 1) skipScalingLists(reader)
  reader.bits(2)
  if (reader.bits(1) === 1) {
    reader.bits(8)
    reader.ue()
    reader.ue()
    reader.bits(1)
  }
  skipShortTermSets(reader)
  if (reader.bits(1) === 1) {
    const count = bounded(reader.ue(), LONG_TERM_MAX)
    for (let i = 0; i < count; i++) reader.bits(orderCountBits + 1)
  }
  reader.bits(2)
  const timing = reader.bits(1) === 1 ? readUsability(reader) : { isInterlaced: false, framesPerSecond: undefined }
  return { ...size, ...timing, isReordered: reordered > 0 }
}

/** profile_tier_level (7.3.3), of which nothing is asked. */
function skipProfile(reader: BitReader, subLayers: number): void {
  skip(reader, 96)
  if (subLayers === 0) return
  const present = Array.from({ length: 8 }, () => ({ profile: reader.bits(1) === 1, level: reader.bits(1) === 1 }))
  for (const { profile, level } of present.slice(0, subLayers)) skip(reader, (profile ? 88 : 0) + (level ? 8 : 0))
}

function skip(reader: BitReader, bits: number): void {
  for (let i = 0; i < bits; i++) reader.bits(1)
}

function bounded(value: number, max: number): number {
  if (value > max) throw new RangeError(`The SPS says ${value} where ${max} is the most`)
  return value
}

function readSize(reader: BitReader): { readonly width: number; readonly height: number } {
  const chroma = reader.ue()
  if (chroma === CHROMA_444) reader.bits(1)
  const [codedWidth, codedHeight] = [reader.ue(), reader.ue()]
  const crop = reader.bits(1) === 1 ? [reader.ue(), reader.ue(), reader.ue(), reader.ue()] : []
  const [left = 0, right = 0, top = 0, bottom = 0] = crop
  const width = codedWidth - (left + right) * (chroma === 1 || chroma === 2 ? 2 : 1)
  const height = codedHeight - (top + bottom) * (chroma === 1 ? 2 : 1)
  if (width <= 0 || height <= 0 || width > 16_384 || height > 16_384)
    throw new RangeError('The SPS tells no usable size')
  return { width, height }
}

/** sps_max_num_reorder_pics of the highest layer: how many pictures may come before one that is shown ahead of them. */
function readReordering(reader: BitReader, subLayers: number): number {
  const layers = reader.bits(1) === 1 ? subLayers + 1 : 1
  let reordered = 0
  for (let i = 0; i < layers; i++) {
    reader.ue()
    reordered = reader.ue()
    reader.ue()
  }
  return reordered
}

/** 7.3.4. */
function skipScalingLists(reader: BitReader): void {
  for (let size = 0; size < 4; size++)
    for (let matrix = 0; matrix < 6; matrix += size === 3 ? 3 : 1) {
      if (reader.bits(1) === 0) reader.ue()
      else {
        const coefficients = Math.min(64, 1 << (4 + size * 2))
        for (let i = 0; i < coefficients + (size > 1 ? 1 : 0); i++) reader.se()
      }
    }
}

/** st_ref_pic_set (7.3.7): each may be told by its difference from the one before, so all have to be worked out. */
function skipShortTermSets(reader: BitReader): void {
  const count = bounded(reader.ue(), SHORT_TERM_SETS_MAX)
  let deltas: number[] = []
  for (let i = 0; i < count; i++) deltas = i > 0 && reader.bits(1) === 1 ? predicted(reader, deltas) : told(reader)
}

/** Nearest first on either side, as (7-61) and (7-62) order them. */
function predicted(reader: BitReader, before: readonly number[]): number[] {
  const isNegative = reader.bits(1) === 1
  const by = (reader.ue() + 1) * (isNegative ? -1 : 1)
  const kept = [...before, 0].flatMap((delta) => {
    const isUsed = reader.bits(1) === 1 || reader.bits(1) === 1
    return isUsed && delta + by !== 0 ? [delta + by] : []
  })
  return [
    ...kept.filter((delta) => delta < 0).toSorted((a, b) => b - a),
    ...kept.filter((delta) => delta > 0).toSorted((a, b) => a - b),
  ]
}

function told(reader: BitReader): number[] {
  const counts = [bounded(reader.ue(), REFERENCES_MAX), bounded(reader.ue(), REFERENCES_MAX)]
  return counts.flatMap((count, side) => {
    let delta = 0
    return Array.from({ length: count }, () => {
      delta += (reader.ue() + 1) * (side === 0 ? -1 : 1)
      reader.bits(1)
      return delta
    })
  })
}

/** The VUI (E.2.1) as far as the timing; here a tick is a picture. */
function readUsability(reader: BitReader): Pick<Sps, 'isInterlaced' | 'framesPerSecond'> {
  skipLook(reader)
  reader.bits(1)
  const isInterlaced = reader.bits(1) === 1
  reader.bits(1)
  if (reader.bits(1) === 1) for (let edge = 0; edge < 4; edge++) reader.ue()
  if (reader.bits(1) === 0) return { isInterlaced, framesPerSecond: undefined }
  const unitsInTick = reader.bits(32)
  const timeScale = reader.bits(32)
  return { isInterlaced, framesPerSecond: unitsInTick > 0 && timeScale > 0 ? timeScale / unitsInTick : undefined }
}
