import { open } from 'node:fs/promises'
import { type AccessUnit, parameterSetsIn, splitAnnexB, toAccessUnits } from './annexb.ts'
import { CODECS, type NalUnit } from './codec.ts'
import { parseSps, type Sps } from './sps.ts'
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

/**
 * Reads a user's own H.264, an Annex B byte stream without B-frames, to be looped.
 * Throws VideoFileError for what is not that, or is larger than 64 MiB.
 */
export async function loadVideoFile(path: string): Promise<Video> {
  const stream = await readBounded(path)
  const complain = (what: string): VideoFileError =>
    new VideoFileError(
      `${path} ${what}: make one with "ffmpeg -i INPUT -an -c:v libx264 -bf 0 -g 30 -pix_fmt yuv420p -f h264 OUTPUT.h264"`,
    )
  const foreign = foreignFormat(stream)
  if (foreign !== undefined) throw complain(`is ${foreign}, not H.264 as an Annex B byte stream`)
  const units = splitAnnexB(stream)
  const sets = parameterSetsIn(units, 'h264')
  const pictures = toAccessUnits(units, 'h264')
  const first = pictures.findIndex(({ isKeyframe }) => isKeyframe)
  const [spsUnit] = sets
  if (!spsUnit || sets.length < 2 || first < 0) throw complain('has no parameter sets or no keyframe (IDR)')
  const sps = readSps(spsUnit, complain)
  const framesPerSecond = sps.framesPerSecond ?? FRAMES_PER_SECOND_DEFAULT
  if (framesPerSecond < 1 || framesPerSecond > FRAMES_PER_SECOND_MAX)
    throw complain(`says that it has ${framesPerSecond.toFixed(1)} frames/s, not 1 to ${FRAMES_PER_SECOND_MAX}`)
  const kept = pictures.slice(first)
  if (sps.isInterlaced) throw complain('is interlaced')
  if (kept.some(hasBSlice)) throw complain('has B-frames')
  if (keyframeIntervalMax(kept) > KEYFRAME_INTERVAL_S_MAX * framesPerSecond)
    throw complain(`has no keyframe for more than ${KEYFRAME_INTERVAL_S_MAX} s`)
  const { width, height } = sps
  return videoOf({ codec: 'h264', width, height, framesPerSecond, accessUnits: kept, parameterSets: sets })
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
    throw new VideoFileError(`${path} can't be read (${code}): name a file of H.264`, { cause })
  }
}

function foreignFormat(stream: Buffer): string | undefined {
  if (stream.length === 0) return 'empty'
  if (stream.toString('latin1', 4, 8) === 'ftyp') return 'an MP4 file'
  if (stream.toString('hex', 0, 4) === '1a45dfa3') return 'a Matroska file'
  if (stream[0] === 0x47 && stream[188] === 0x47) return 'an MPEG transport stream'
  const startCode = /^0*(?:000001)(..)/.exec(stream.toString('hex', 0, 8))
  if (!startCode) return 'something else'
  // An H.265 stream begins with an access unit delimiter or a VPS (H.265, table 7-1), which H.264 has not.
  return startCode[1] === '46' || startCode[1] === '40' ? 'H.265' : undefined
}

function readSps(unit: NalUnit, complain: (what: string) => Error): Sps {
  try {
    return parseSps(unit)
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
