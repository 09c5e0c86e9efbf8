import { TICKS_PER_SECOND } from '../rtsp/access-unit.ts'
import type { ParameterSets } from '../rtsp/parameter-sets.ts'
import type { SoundFormat } from '../rtsp/sound-format.ts'
import { box, fullBox, text, u16, u32, u64, zeros } from './boxes.ts'
import { soundCodecString, soundEntry } from './sound-entry.ts'
import { videoCodecString, videoEntry } from './video-entry.ts'

export const VIDEO_TRACK = 1
export const SOUND_TRACK = 2

const MATRIX = [0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000].map(u32)
// sample_depends_on and sample_is_non_sync_sample (ISO/IEC 14496-12, 8.8.3.1).
const SYNC_SAMPLE = 0x0200_0000
const OTHER_SAMPLE = 0x0101_0000
// tfhd: default-base-is-moof; trun: data offset, duration, size, flags, composition offset (8.8.7, 8.8.8).
const DEFAULT_BASE_IS_MOOF = 0x02_0000
const TRUN_FIELDS = 0x0000_0001 | 0x0000_0100 | 0x0000_0200 | 0x0000_0400 | 0x0000_0800
const TRUN_SAMPLE_BYTES = 16

/** One picture or piece of sound in a fragment. Times in ticks of its track: 90 kHz, or the sound's sampling rate. */
export interface Sample {
  readonly data: Uint8Array
  readonly keyframe: boolean
  readonly duration: number
  /** Presentation minus decoding time: not 0 only where pictures are reordered. */
  readonly compositionOffset: number
}

/** The samples of one track in a fragment. */
export interface Run {
  readonly track: typeof VIDEO_TRACK | typeof SOUND_TRACK
  /** Decoding time of the first sample since the file's beginning. */
  readonly decodeTicks: number
  readonly samples: readonly Sample[]
}

/** What a player may ask of the browser: `video/mp4; codecs="avc1.640016,mp4a.40.2"` (RFC 6381, 3.3). */
export const codecString = (parameters: ParameterSets, sound?: SoundFormat): string =>
  [videoCodecString(parameters), ...(sound ? [soundCodecString(sound)] : [])].join(',')

/**
 * The initialisation segment of a fragmented MP4 with one track of pictures, and one of sound where it has any
 * (ISO/IEC 14496-12, 14496-15).
 * @throws LenscapError `invalid` where a parameter set makes no sense
 */
export function initSegment(parameters: ParameterSets, sound?: SoundFormat): Buffer {
  const tracks = [videoTrack(parameters), ...(sound ? [soundTrack(sound)] : [])]
  const ftyp = box('ftyp', text('iso5'), u32(512), text('iso5iso6mp41'))
  const times = [zeros(8), u32(1000), u32(0)]
  const next = u32(tracks.length + 1)
  const mvhd = fullBox('mvhd', 0, 0, ...times, u32(0x10000), u16(0x0100), zeros(10), ...MATRIX, zeros(24), next)
  const trex = tracks.map((_, i) => fullBox('trex', 0, 0, u32(i + 1), u32(1), u32(0), u32(0), u32(0)))
  return Buffer.concat([ftyp, box('moov', mvhd, ...tracks, box('mvex', ...trex))])
}

function videoTrack(parameters: ParameterSets): Buffer {
  const { width, height, box: entry } = videoEntry(parameters)
  const tkhd = trackHeader(VIDEO_TRACK, 0, width, height)
  return trackBox(tkhd, 'vide', TICKS_PER_SECOND, fullBox('vmhd', 0, 1, zeros(8)), entry)
}

function soundTrack(format: SoundFormat): Buffer {
  const tkhd = trackHeader(SOUND_TRACK, 0x0100, 0, 0)
  return trackBox(tkhd, 'soun', format.sampleRateHz, fullBox('smhd', 0, 0, zeros(4)), soundEntry(format))
}

function trackHeader(track: number, volume: number, width: number, height: number): Buffer {
  const identity = [zeros(8), u32(track), zeros(4), u32(0)]
  const size = [u32(width * 0x1_0000), u32(height * 0x1_0000)]
  return fullBox('tkhd', 0, 3, ...identity, zeros(12), u16(volume), zeros(2), ...MATRIX, ...size)
}

function trackBox(tkhd: Buffer, handler: string, ticksPerSecond: number, header: Buffer, entry: Buffer): Buffer {
  const mdhd = fullBox('mdhd', 0, 0, zeros(8), u32(ticksPerSecond), u32(0), u16(0x55c4), u16(0))
  const hdlr = fullBox('hdlr', 0, 0, zeros(4), text(handler), zeros(12), text(`${handler}\0`))
  const dinf = box('dinf', fullBox('dref', 0, 0, u32(1), fullBox('url ', 0, 1)))
  const stsd = fullBox('stsd', 0, 0, u32(1), entry)
  const empty = [
    fullBox('stts', 0, 0, u32(0)),
    fullBox('stsc', 0, 0, u32(0)),
    fullBox('stsz', 0, 0, u32(0), u32(0)),
    fullBox('stco', 0, 0, u32(0)),
  ]
  const minf = box('minf', header, dinf, box('stbl', stsd, ...empty))
  return box('trak', tkhd, box('mdia', mdhd, hdlr, minf))
}

/**
 * One fragment: `moof`, the head of `mdat`, and then the samples' own bytes, uncopied, for one `writev`.
 * @param sequence from 1, one more for each fragment of a file
 */
export function fragment(sequence: number, runs: readonly Run[]): Uint8Array[] {
  const parts = runs.map((run) => ({ ...run, ...table(run.samples) }))
  const mfhd = fullBox('mfhd', 0, 0, u32(sequence))
  const moof = (firstOffset: number) => {
    let offset = firstOffset
    const trafs = parts.map(({ track, decodeTicks, samples, rows, bytes }) => {
      const trun = fullBox('trun', 1, TRUN_FIELDS, u32(samples.length), u32(offset), rows)
      offset += bytes
      return box(
        'traf',
        fullBox('tfhd', 0, DEFAULT_BASE_IS_MOOF, u32(track)),
        fullBox('tfdt', 1, 0, u64(decodeTicks)),
        trun,
      )
    })
    return box('moof', mfhd, ...trafs)
  }
  const bytes = parts.reduce((sum, part) => sum + part.bytes, 8)
  const head = Buffer.concat([moof(moof(0).length + 8), u32(bytes), text('mdat')])
  return [head, ...runs.flatMap(({ samples }) => samples.map(({ data }) => data))]
}

/** The rows of a `trun`, and how many bytes its samples have. */
function table(samples: readonly Sample[]): { readonly rows: Buffer; readonly bytes: number } {
  const rows = Buffer.alloc(samples.length * TRUN_SAMPLE_BYTES)
  let bytes = 0
  for (const [i, { data, keyframe, duration, compositionOffset }] of samples.entries()) {
    const at = i * TRUN_SAMPLE_BYTES
    rows.writeUInt32BE(duration, at)
    rows.writeUInt32BE(data.length, at + 4)
    rows.writeUInt32BE(keyframe ? SYNC_SAMPLE : OTHER_SAMPLE, at + 8)
    rows.writeInt32BE(compositionOffset, at + 12)
    bytes += data.length
  }
  return { rows, bytes }
}
