import { open } from 'node:fs/promises'
import { type AccessUnit, parameterSetsIn, splitAnnexB, toAccessUnits } from './annexb.ts'
import { CODECS, type Codec, type NalUnit } from './codec.ts'
import { parseSps, type Sps } from './sps.ts'
import { parseSpsH265 } from './sps-h265.ts'
import { type Video, videoOf } from './video.ts'

const FILE_BYTES_MAX = 64 * 1024 * 1024
const FRAMES_PER_SECOND_DEFAULT = 25
const FRAMES_PER_SECOND_MAX = 120
/** A client waits this long at most for the picture with which it can begin. */
const KEYFRAME_INTERVAL_S_MAX = 10

/** The file can't be streamed; the message says why, and how to make one that can. */
export class VideoFileError extends RangeError {
  override readonly name = 'VideoFileError'
}

const MAKE: Readonly<Record<Codec, string>> = {
  h264: 'ffmpeg -i INPUT -an -c:v libx264 -bf 0 -g 30 -pix_fmt yuv420p -f h264 OUTPUT.h264',
  h265: 'ffmpeg -i INPUT -an -c:v libx265 -x265-params bframes=0:open-gop=0:keyint=30 -pix_fmt yuv420p -f hevc OUTPUT.h265',
}

/**
 * Reads a user's own H.264 or H.265, an Annex B byte stream without B-frames, to be looped.
 * Throws VideoFileError for what is not that, or is larger than 64 MiB.
 */
export async function loadVideoFile(path: string): Promise<Video> {
  const stream = await readBounded(path)
  const foreign = foreignFormat(stream)
  if (foreign !== undefined)
    throw complaint(path, `is ${foreign}, not H.264 or H.265 as an Annex B byte stream`, ['h264', 'h265'])
  const codec = codecOf(stream)
  const complain = (what: string) => complaint(path, what, [codec])
  const units = splitAnnexB(stream)
  const sets = parameterSetsIn(units, codec)
  const pictures = toAccessUnits(units, codec)
  const first = pictures.findIndex(({ isKeyframe }) => isKeyframe)
  const spsUnit = sets.at(-2)
  if (!spsUnit || sets.length < CODECS[codec].parameterSets.length || first < 0)
    throw complain('has no parameter sets or no keyframe (IDR)')
  const sps = readSps(spsUnit, codec, complain)
  const framesPerSecond = sps.framesPerSecond ?? FRAMES_PER_SECOND_DEFAULT
  if (framesPerSecond < 1 || framesPerSecond > FRAMES_PER_SECOND_MAX)
    throw complain(`says that it has ${framesPerSecond.toFixed(1)} frames/s, not 1 to ${FRAMES_PER_SECOND_MAX}`)
  const kept = pictures.slice(first)
  if (sps.isInterlaced) throw complain('is interlaced (put -vf yadif before -c:v)')
  if (sps.isReordered || (codec === 'h264' && kept.some(hasBSlice)))
    throw complain('has B-frames, which come in another order than they are shown in')
  if (keyframeIntervalMax(kept) > KEYFRAME_INTERVAL_S_MAX * framesPerSecond)
    throw complain(`has no keyframe for more than ${KEYFRAME_INTERVAL_S_MAX} s`)
  const { width, height } = sps
  return videoOf({ codec, width, height, framesPerSecond, accessUnits: kept, parameterSets: sets })
}

function complaint(path: string, what: string, remedies: readonly Codec[]): VideoFileError {
  return new VideoFileError(
    `${path} ${what}: make one with ${remedies.map((codec) => `"${MAKE[codec]}"`).join(' or ')}`,
  )
}

async function readBounded(path: string): Promise<Buffer> {
  try {
    await using file = await open(path)
    const { size } = await file.stat()
    if (size > FILE_BYTES_MAX)
      throw new VideoFileError(`${path} has ${size} bytes, more than ${FILE_BYTES_MAX}: take a shorter piece of it`)
    return await file.readFile()
  } catch (cause) {
    if (cause instanceof VideoFileError) throw cause
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown'
    throw new VideoFileError(`${path} can't be read (${code}): name a file of H.264 or H.265`, { cause })
  }
}

function foreignFormat(stream: Buffer): string | undefined {
  if (stream.length === 0) return 'empty'
  if (stream.toString('latin1', 4, 8) === 'ftyp') return 'an MP4 file'
  if (stream.toString('hex', 0, 4) === '1a45dfa3') return 'a Matroska file'
  if (stream[0] === 0x47 && stream[188] === 0x47) return 'an MPEG transport stream'
  if (stream.toString('latin1', 0, 4) === 'RIFF') return 'an AVI file'
  return /^0*(?:000001)/.test(stream.toString('hex', 0, 8)) ? undefined : 'something else'
}

/**
 * An H.265 stream begins with a parameter set, an access unit delimiter or an SEI in layer 0 (H.265, 7.3.1.2 and table 7-1):
 * read as H.264, the first of those two bytes is a type that no stream begins with, or a reserved one.
 */
function codecOf(stream: Buffer): Codec {
  const [, header = ''] = /^0*(?:000001)(.{4})/.exec(stream.toString('hex', 0, 12)) ?? []
  return /^(40|42|44|46|4e)01/.test(header) ? 'h265' : 'h264'
}

function readSps(
  unit: NalUnit,
  codec: Codec,
  complain: (what: string) => Error,
): Sps & { readonly isReordered?: boolean } {
  try {
    return codec === 'h265' ? parseSpsH265(unit) : parseSps(unit)
  } catch (cause) {
    throw Object.assign(complain('has a damaged SPS'), { cause })
  }
}

/** slice_type of the first slice, which stands behind a first_mb_in_slice of 0, a single bit (H.264, 7.3.3 and table 7-6). */
function hasBSlice({ nalUnits }: AccessUnit): boolean {
  const head = nalUnits.find(CODECS.h264.isSlice)?.[1] ?? 0
  // As Exp-Golomb codes, 1 (B) is 010 and 6 (B in the whole picture) 00111.
  return (head & 0xf0) === 0xa0 || (head & 0xfc) === 0x9c
}

/** In frames, the way from the last to the end counted too. */
function keyframeIntervalMax(pictures: readonly AccessUnit[]): number {
  const at = pictures.flatMap(({ isKeyframe }, i) => (isKeyframe ? [i] : []))
  return Math.max(...at.map((frame, i) => (at[i + 1] ?? pictures.length) - frame))
}
