/** One NAL unit without its start code. Its first byte or two are its header. */
export type NalUnit = Buffer

export type Codec = 'h264' | 'h265'

/** What a codec's NAL units say of themselves, as far as it takes to stream them. */
export interface CodecRules {
  typeOf(unit: NalUnit): number
  /** The types of its parameter sets, in the order in which they are sent. */
  readonly parameterSets: readonly number[]
  isSlice(unit: NalUnit): boolean
  /** Whether a slice belongs to a picture at which a decoder can start. */
  isKeySlice(slice: NalUnit): boolean
  /** Whether a slice holds its picture's start. */
  isFirstSlice(slice: NalUnit): boolean
  /** Whether a unit, no slice, may only stand before a picture's slices. */
  isBeforeSlices(unit: NalUnit): boolean
}

const bits = (unit: NalUnit, at: number) => unit[at] ?? 0
const oneOf = (type: number, types: readonly number[]) => types.includes(type)

const typeOfH264 = (unit: NalUnit) => bits(unit, 0) & 0x1f

/** H.264, table 7-1, without data partitions. */
const H264: CodecRules = {
  typeOf: typeOfH264,
  parameterSets: [7, 8],
  isSlice: (unit) => oneOf(typeOfH264(unit), [1, 5]),
  isKeySlice: (slice) => typeOfH264(slice) === 5,
  // first_mb_in_slice is 0, an Exp-Golomb code of one bit (7.3.3).
  isFirstSlice: (slice) => (bits(slice, 1) & 0x80) !== 0,
  // SEI, parameter sets, access unit delimiter (7.4.1.2.3).
  isBeforeSlices: (unit) => oneOf(typeOfH264(unit), [6, 7, 8, 9]),
}

const typeOfH265 = (unit: NalUnit) => (bits(unit, 0) >> 1) & 0x3f

/** H.265, table 7-1. */
const H265: CodecRules = {
  typeOf: typeOfH265,
  parameterSets: [32, 33, 34],
  isSlice: (unit) => typeOfH265(unit) < 32,
  // IDR with and without leading pictures.
  isKeySlice: (slice) => oneOf(typeOfH265(slice), [19, 20]),
  // first_slice_segment_in_pic_flag (7.3.6.1).
  isFirstSlice: (slice) => (bits(slice, 2) & 0x80) !== 0,
  // Parameter sets, access unit delimiter, prefix SEI (7.4.2.4.4).
  isBeforeSlices: (unit) => oneOf(typeOfH265(unit), [32, 33, 34, 35, 39]),
}

export const CODECS: Readonly<Record<Codec, CodecRules>> = { h264: H264, h265: H265 }
