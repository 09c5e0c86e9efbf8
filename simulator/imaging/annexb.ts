import { CODECS, type Codec, type NalUnit } from './codec.ts'

/** All NAL units of one picture, in the order of the stream. */
export interface AccessUnit {
  readonly nalUnits: readonly NalUnit[]
  /** Whether a decoder can start here: the picture is an IDR. */
  readonly isKeyframe: boolean
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
 * Groups units to pictures: the next begins with what may only stand before slices, or with a slice that holds its start
 * (H.264, 7.4.1.2.3 and 7.4.1.2.4; H.265, 7.4.2.4.4). What follows the last slice is left out.
 */
export function toAccessUnits(units: readonly NalUnit[], codec: Codec): AccessUnit[] {
  const { isSlice, isKeySlice, isFirstSlice, isBeforeSlices } = CODECS[codec]
  const pictures: AccessUnit[] = []
  let gathered: NalUnit[] = []
  const finish = () => {
    const slices = gathered.filter(isSlice)
    if (slices.length === 0) return
    pictures.push({ nalUnits: gathered, isKeyframe: slices.every(isKeySlice) })
    gathered = []
  }
  for (const unit of units) {
    if (isSlice(unit) ? isFirstSlice(unit) : isBeforeSlices(unit)) finish()
    gathered.push(unit)
  }
  finish()
  return pictures
}

/** The first of each kind of parameter set, in the codec's order; fewer where some are missing. */
export function parameterSetsIn(units: readonly NalUnit[], codec: Codec): NalUnit[] {
  const { parameterSets, typeOf } = CODECS[codec]
  return parameterSets.flatMap((type) => units.find((unit) => typeOf(unit) === type) ?? [])
}
