/** One NAL unit without its start code. The first byte is its header. */
export type NalUnit = Buffer

/** All NAL units of one picture, in the order of the stream. */
export interface AccessUnit {
  readonly nalUnits: readonly NalUnit[]
  /** Whether a decoder can start here: the picture is an IDR. */
  readonly isKeyframe: boolean
}

const NAL_SLICE = 1
const NAL_IDR = 5
const NAL_SEI = 6
const NAL_DELIMITER = 9
export const NAL_SPS = 7
export const NAL_PPS = 8
const BEFORE_SLICES = [NAL_SEI, NAL_SPS, NAL_PPS, NAL_DELIMITER]

export function nalType(nalUnit: NalUnit): number {
  return (nalUnit[0] ?? 0) & 0x1f
}

/** Whether a unit is a slice of a picture (H.264, table 7-1, without data partitions). */
export function isSlice(nalUnit: NalUnit): boolean {
  const type = nalType(nalUnit)
  return type === NAL_SLICE || type === NAL_IDR
}

/** Splits an Annex B byte stream at its start codes (H.264 Annex B.1). The units share the stream's memory. */
export function splitAnnexB(stream: Buffer): NalUnit[] {
  const units: NalUnit[] = []
  let start = -1
  let i = stream.indexOf('\x00\x00\x01', 0, 'latin1')
  while (i >= 0) {
    if (start >= 0) units.push(withoutTrailingZeros(stream, start, i))
    start = i + 3
    i = stream.indexOf('\x00\x00\x01', start, 'latin1')
  }
  if (start >= 0) units.push(withoutTrailingZeros(stream, start, stream.length))
  return units.filter((unit) => unit.length > 0)
}

/** A four-byte start code's first zero, and trailing_zero_8bits, belong to no unit. */
function withoutTrailingZeros(stream: Buffer, start: number, end: number): Buffer {
  let last = end
  while (last > start && stream[last - 1] === 0) last--
  return stream.subarray(start, last)
}

/**
 * Groups units to pictures: the next begins with what may only stand before slices, or with a slice that holds its first
 * macroblock (H.264, 7.4.1.2.3 and 7.4.1.2.4). What follows the last slice is left out.
 */
export function toAccessUnits(units: readonly NalUnit[]): AccessUnit[] {
  const pictures: AccessUnit[] = []
  let gathered: NalUnit[] = []
  const finish = () => {
    const slices = gathered.filter(isSlice)
    if (slices.length === 0) return
    pictures.push({ nalUnits: gathered, isKeyframe: slices.every((slice) => nalType(slice) === NAL_IDR) })
    gathered = []
  }
  for (const unit of units) {
    const beginsPicture = isSlice(unit) ? isFirstSlice(unit) : BEFORE_SLICES.includes(nalType(unit))
    if (beginsPicture) finish()
    gathered.push(unit)
  }
  finish()
  return pictures
}

/** first_mb_in_slice is 0, an Exp-Golomb code of one bit (H.264, 7.3.3). */
function isFirstSlice(slice: NalUnit): boolean {
  return ((slice[1] ?? 0) & 0x80) !== 0
}
