import { readFile } from 'node:fs/promises'
import { parameterSetsIn, splitAnnexB, toAccessUnits } from './annexb.ts'
import { CODECS, type Codec } from './codec.ts'
import { loadSounds, type Sounds } from './sound.ts'
import { readTiledJpegs } from './tiled-jpegs.ts'
import { type Video, videoOf } from './video.ts'

/** What a camera looks at: the video of its main stream, and the same in other forms. */
export interface Scene extends Video {
  readonly name: string
  /** Frame for frame the same, in a quarter of the area. */
  readonly sub: Video
  /** Frame for frame the same, in the other codec. */
  readonly h265: Video
  /** One JPEG a second in full size, of the IDR that begins it. */
  readonly jpegs: readonly Buffer[]
  /** What is heard there, which is the same everywhere. */
  readonly sounds: Sounds
}

const SCENE_NAMES = ['front-door', 'driveway', 'warehouse', 'garden', 'car-park'] as const

const FRAMES_PER_SECOND = 15
const GOP_FRAMES = 15
const FRAMES = 150

/** Reads all scenes from the assets: about 3 MB, once for a whole fleet. Throws if an asset isn't what the generator makes. */
export async function loadScenes(): Promise<readonly Scene[]> {
  const sounds = await loadSounds()
  return Promise.all(SCENE_NAMES.map((name) => loadScene(name, sounds)))
}

async function loadScene(name: string, sounds: Sounds): Promise<Scene> {
  const [main, sub, h265, jpegs] = await Promise.all([
    loadVideo(name, 'h264', 1280, 720),
    loadVideo(`${name}-sub`, 'h264', 640, 360),
    loadVideo(name, 'h265', 1280, 720),
    loadJpegs(`${name}.tiles`),
  ])
  return { ...main, name, sub, h265, jpegs, sounds }
}

async function loadVideo(name: string, codec: Codec, width: number, height: number): Promise<Video> {
  const file = `${name}.${codec}`
  const units = splitAnnexB(await readAsset(file))
  const accessUnits = toAccessUnits(units, codec)
  const parameterSets = parameterSetsIn(units, codec)
  const keyframesFit = accessUnits.every((picture, i) => picture.isKeyframe === (i % GOP_FRAMES === 0))
  const isWhole = parameterSets.length === CODECS[codec].parameterSets.length && accessUnits.length === FRAMES
  if (!isWhole || !keyframesFit) throw damaged(file)
  return videoOf({ codec, width, height, framesPerSecond: FRAMES_PER_SECOND, accessUnits, parameterSets })
}

async function loadJpegs(file: string): Promise<readonly Buffer[]> {
  const jpegs = readTiledJpegs(await readAsset(file))
  if (jpegs.length * GOP_FRAMES !== FRAMES) throw damaged(file)
  return jpegs
}

function readAsset(file: string): Promise<Buffer> {
  return readFile(new URL(`./assets/${file}`, import.meta.url))
}

function damaged(file: string): Error {
  return new Error(`The asset ${file} is damaged: make it anew with simulator/imaging/generate.py`)
}
