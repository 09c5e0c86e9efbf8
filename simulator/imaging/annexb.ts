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
export const NAL_SPS = 7
export const NAL_PPS = 8

export function nalType(nalUnit: NalUnit): number {
  return (nalUnit[0] ?? 0) & 0x1f
}

/** Whether a unit is a slice of a picture (H.264, table 7-1; the assets have no data partitions). */
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

/** Groups units to pictures. The assets have one slice a picture, so each slice ends an access unit. */
export function toAccessUnits(units: readonly NalUnit[]): AccessUnit[] {
  const pictures: AccessUnit[] = []
  let gathered: NalUnit[] = []
  for (const unit of units) {
    gathered.push(unit)
    if (!isSlice(unit)) continue
    pictures.push({ nalUnits: gathered, isKeyframe: nalType(unit) === NAL_IDR })
    gathered = []
  }
  return pictures
}
