import { readFile } from 'node:fs/promises'
import { type AccessUnit, NAL_PPS, NAL_SPS, type NalUnit, nalType, splitAnnexB, toAccessUnits } from './annexb.ts'

/** A looped moving picture: shared, never changed, by every camera that shows it. */
export interface Scene {
  readonly name: string
  readonly width: number
  readonly height: number
  readonly framesPerSecond: number
  /** Frames from one IDR to the next. The first frame is an IDR, and the count of frames a multiple of this. */
  readonly gopFrames: number
  readonly accessUnits: readonly AccessUnit[]
  readonly sps: NalUnit
  readonly pps: NalUnit
  /** One JPEG a second, of the IDR that begins it. */
  readonly jpegs: readonly Buffer[]
}

const SCENE_NAMES = ['front-door', 'driveway', 'warehouse', 'garden', 'car-park'] as const

const FRAMES_PER_SECOND = 15
const GOP_FRAMES = 15

/** Reads all scenes from the assets: about 2.4 MB, once for a whole fleet. Throws if an asset isn't what the generator makes. */
export async function loadScenes(): Promise<readonly Scene[]> {
  return Promise.all(SCENE_NAMES.map(loadScene))
}

async function loadScene(name: string): Promise<Scene> {
  const [stream, strip] = await Promise.all([
    readFile(new URL(`./assets/${name}.h264`, import.meta.url)),
    readFile(new URL(`./assets/${name}.mjpeg`, import.meta.url)),
  ])
  const units = splitAnnexB(stream)
  const accessUnits = toAccessUnits(units)
  const sps = units.find((unit) => nalType(unit) === NAL_SPS)
  const pps = units.find((unit) => nalType(unit) === NAL_PPS)
  const jpegs = splitJpegs(strip)
  const keyframesFit = accessUnits.every((picture, i) => picture.isKeyframe === (i % GOP_FRAMES === 0))
  if (!sps || !pps || !keyframesFit || jpegs.length * GOP_FRAMES !== accessUnits.length)
    throw new Error(`The scene ${name} is damaged: make it anew with simulator/imaging/generate.py`)
  return {
    name,
    width: 1280,
    height: 720,
    framesPerSecond: FRAMES_PER_SECOND,
    gopFrames: GOP_FRAMES,
    accessUnits,
    sps,
    pps,
    jpegs,
  }
}

/** Cuts a strip of JPEGs at their ends: FF D9 can't stand within one, as entropy-coded FF bytes are stuffed (T.81 B.1.1.5). */
function splitJpegs(strip: Buffer): Buffer[] {
  const pictures: Buffer[] = []
  let start = 0
  let end = strip.indexOf('ffd9', start, 'hex')
  while (end >= 0) {
    pictures.push(strip.subarray(start, end + 2))
    start = end + 2
    end = strip.indexOf('ffd9', start, 'hex')
  }
  return pictures
}
