import { TICKS_PER_SECOND } from '../rtsp/access-unit.ts'
import type { ParameterSets } from '../rtsp/parameter-sets.ts'
import { isHighProfile, parseSps, type SpsFacts } from './sps.ts'

const TRACK = 1
const MATRIX = [0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000].map(u32)
// sample_depends_on and sample_is_non_sync_sample (ISO/IEC 14496-12, 8.8.3.1).
const SYNC_SAMPLE = 0x0200_0000
const OTHER_SAMPLE = 0x0101_0000
// tfhd: default-base-is-moof; trun: data offset, duration, size, flags, composition offset (8.8.7, 8.8.8).
const DEFAULT_BASE_IS_MOOF = 0x02_0000
const TRUN_FIELDS = 0x0000_0001 | 0x0000_0100 | 0x0000_0200 | 0x0000_0400 | 0x0000_0800
const TRUN_SAMPLE_BYTES = 16

/** One picture of a fragment. Times in 90 kHz ticks. */
export interface Sample {
  readonly data: Uint8Array
  readonly keyframe: boolean
  readonly duration: number
  /** Presentation minus decoding time: not 0 only where pictures are reordered. */
  readonly compositionOffset: number
}

/** What a player may ask of the browser: `video/mp4; codecs="avc1.640016"` (RFC 6381, 3.3). */
export function codecString(parameters: ParameterSets): string {
  const [, profile = 0, compatibility = 0, level = 0] = parameters.sps[0] ?? []
  return `avc1.${[profile, compatibility, level].map((byte) => byte.toString(16).padStart(2, '0')).join('')}`
}

/**
 * The initialisation segment of a fragmented MP4 with one H.264 track (ISO/IEC 14496-12, 14496-15).
 * @throws LenscapError `invalid` where the parameter set makes no sense
 */
export function initSegment(parameters: ParameterSets): Buffer {
  const facts = parseSps(parameters.sps[0] ?? new Uint8Array(0))
  const ftyp = box('ftyp', text('iso5'), u32(512), text('iso5iso6mp41'))
  const mvhd = fullBox(
    'mvhd',
    0,
    0,
    zeros(8),
    u32(1000),
    u32(0),
    u32(0x10000),
    u16(0x0100),
    zeros(10),
    ...MATRIX,
    zeros(24),
    u32(TRACK + 1),
  )
  const trex = fullBox('trex', 0, 0, u32(TRACK), u32(1), u32(0), u32(0), u32(0))
  return Buffer.concat([ftyp, box('moov', mvhd, track(parameters, facts), box('mvex', trex))])
}

function track(parameters: ParameterSets, facts: SpsFacts): Buffer {
  const { width, height } = facts
  const tkhd = fullBox(
    'tkhd',
    0,
    3,
    zeros(8),
    u32(TRACK),
    zeros(4),
    u32(0),
    zeros(8),
    zeros(8),
    ...MATRIX,
    u32(width << 16),
    u32(height << 16),
  )
  const mdhd = fullBox('mdhd', 0, 0, zeros(8), u32(TICKS_PER_SECOND), u32(0), u16(0x55c4), u16(0))
  const hdlr = fullBox('hdlr', 0, 0, zeros(4), text('vide'), zeros(12), text('video\0'))
  const dinf = box('dinf', fullBox('dref', 0, 0, u32(1), fullBox('url ', 0, 1)))
  const stsd = fullBox('stsd', 0, 0, u32(1), avc1(parameters, facts))
  const empty = [
    fullBox('stts', 0, 0, u32(0)),
    fullBox('stsc', 0, 0, u32(0)),
    fullBox('stsz', 0, 0, u32(0), u32(0)),
    fullBox('stco', 0, 0, u32(0)),
  ]
  const minf = box('minf', fullBox('vmhd', 0, 1, zeros(8)), dinf, box('stbl', stsd, ...empty))
  return box('trak', tkhd, box('mdia', mdhd, hdlr, minf))
}

/** ISO/IEC 14496-15, 5.4.2. */
function avc1(parameters: ParameterSets, facts: SpsFacts): Buffer {
  const resolution = [u32(0x48_0000), u32(0x48_0000)]
  const visual = [
    zeros(6),
    u16(1),
    zeros(16),
    u16(facts.width),
    u16(facts.height),
    ...resolution,
    zeros(4),
    u16(1),
    zeros(32),
    u16(24),
    u16(0xffff),
  ]
  return box('avc1', ...visual, box('avcC', avcConfiguration(parameters, facts)))
}

/** AVCDecoderConfigurationRecord (ISO/IEC 14496-15, 5.3.3.1). */
function avcConfiguration({ sps, pps }: ParameterSets, facts: SpsFacts): Buffer {
  const { profile, compatibility, level } = facts
  const sets = (nals: readonly Uint8Array[]) => nals.flatMap((nal) => [u16(nal.length), nal])
  const head = Buffer.from([1, profile, compatibility, level, 0xff, 0xe0 | sps.length])
  const colour = [0xfc | facts.chromaFormat, 0xf8 | (facts.bitDepthLuma - 8), 0xf8 | (facts.bitDepthChroma - 8), 0]
  return Buffer.concat([
    head,
    ...sets(sps),
    Buffer.from([pps.length]),
    ...sets(pps),
    ...(isHighProfile(profile) ? [Buffer.from(colour)] : []),
  ])
}

/**
 * One fragment: `moof`, the head of `mdat`, and then the samples' own bytes, uncopied, for one `writev`.
 * @param sequence from 1, one more for each fragment of a file
 * @param decodeTicks decoding time of the first sample since the file's beginning
 */
export function fragment(sequence: number, decodeTicks: number, samples: readonly Sample[]): Uint8Array[] {
  const run = Buffer.alloc(samples.length * TRUN_SAMPLE_BYTES)
  let bytes = 0
  samples.forEach(({ data, keyframe, duration, compositionOffset }, i) => {
    const at = i * TRUN_SAMPLE_BYTES
    run.writeUInt32BE(duration, at)
    run.writeUInt32BE(data.length, at + 4)
    run.writeUInt32BE(keyframe ? SYNC_SAMPLE : OTHER_SAMPLE, at + 8)
    run.writeInt32BE(compositionOffset, at + 12)
    bytes += data.length
  })
  const mfhd = fullBox('mfhd', 0, 0, u32(sequence))
  const tfhd = fullBox('tfhd', 0, DEFAULT_BASE_IS_MOOF, u32(TRACK))
  const tfdt = fullBox('tfdt', 1, 0, u64(decodeTicks))
  const trun = (dataOffset: number) => fullBox('trun', 1, TRUN_FIELDS, u32(samples.length), u32(dataOffset), run)
  const moof = (dataOffset: number) => box('moof', mfhd, box('traf', tfhd, tfdt, trun(dataOffset)))
  const dataOffset = moof(0).length + 8
  return [Buffer.concat([moof(dataOffset), u32(8 + bytes), text('mdat')]), ...samples.map(({ data }) => data)]
}

function box(type: string, ...parts: readonly Uint8Array[]): Buffer {
  const bytes = parts.reduce((sum, part) => sum + part.length, 8)
  return Buffer.concat([u32(bytes), text(type), ...parts], bytes)
}

const fullBox = (type: string, version: number, flags: number, ...parts: readonly Uint8Array[]) =>
  box(type, u32(version * 0x100_0000 + flags), ...parts)

const text = (characters: string) => Buffer.from(characters, 'latin1')
const zeros = (bytes: number) => Buffer.alloc(bytes)
const u16 = (value: number) => Buffer.from([(value >> 8) & 255, value & 255])

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value >>> 0)
  return bytes
}

function u64(value: number): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64BE(BigInt(value))
  return bytes
}
