import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { splitAnnexB, toAccessUnits } from './annexb.ts'
import { loadScenes } from './scene.ts'
import { loadVideoFile, VideoFileError } from './video-file.ts'

const ASSET = fileURLToPath(new URL('./assets/driveway-sub.h264', import.meta.url))

/** The parameter sets that x265 makes with three B-frames, and the start of an IDR. */
const REORDERED = Buffer.from(
  '0000000140010c01ffff01600000030090000003000003003c9594090000000142010101600000030090000003000003003c' +
    'a00a480b9c9596565924caf0168080000003008000000c04000000014401c172b46240' +
    '0000012801af1d62a9463ec0',
  'hex',
)

const START_CODE = Buffer.from('00000001', 'hex')

async function folder() {
  const path = await mkdtemp(join(tmpdir(), 'lenscap-video-'))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) }
}

test('a file of H.264 is read with its size and rate, to its last picture', async () => {
  const video = await loadVideoFile(ASSET)
  const scene = (await loadScenes()).find(({ name }) => name === 'driveway')
  assert.deepEqual(video, scene?.sub)
})

test('so is a file of H.265', async () => {
  const path = ASSET.replace('driveway-sub.h264', 'garden.h265')
  const scene = (await loadScenes()).find(({ name }) => name === 'garden')
  assert.deepEqual(await loadVideoFile(path), scene?.h265)
})

test('what is no such file is refused with what it is and what to do', async () => {
  await using temporary = await folder()
  const asset = await readFile(ASSET)
  const withSlice = (first: number) => {
    const copy = Buffer.from(asset)
    // The second picture's only slice, not an IDR, whose header's first byte follows its unit's.
    copy[copy.indexOf('00000141', 0, 'hex') + 4] = first
    return copy
  }
  const mp4 = Buffer.from('0000002066747970', 'hex')
  const cases: [name: string, content: Buffer, complaint: RegExp][] = [
    ['empty', Buffer.alloc(0), /is empty/],
    ['mp4', mp4, /is an MP4 file.*make one with "ffmpeg/],
    ['avi', Buffer.from('RIFF----AVI LIST'), /is an AVI file.*libx264.* or .*libx265/],
    ['h265', Buffer.from('0000000140010c01', 'hex'), /no parameter sets.*libx265/],
    ['reordered', REORDERED, /has B-frames.*bframes=0/],
    ['short-h265', REORDERED.subarray(0, 50), /no parameter sets/],
    ['text', Buffer.from('hello world, hello'), /is something else/],
    [
      'no-sets',
      Buffer.concat(splitAnnexB(asset).flatMap((unit) => (unit[0] === 0x67 ? [] : [START_CODE, unit]))),
      /no parameter sets/,
    ],
    ['short-sps', Buffer.concat([Buffer.from('00000001674d40', 'hex'), asset.subarray(40)]), /damaged SPS/],
    ['b', withSlice(0x9c), /has B-frames/],
    ['b-alone', withSlice(0xa8), /has B-frames/],
    ['one-keyframe', Buffer.concat(oneKeyframe(asset)), /no keyframe for more than 10 s/],
  ]
  for (const [name, content, complaint] of cases) {
    const path = join(temporary.path, name)
    await writeFile(path, content)
    await assert.rejects(loadVideoFile(path), (error) => {
      assert.ok(error instanceof VideoFileError, name)
      assert.match(error.message, complaint)
      assert.ok(error.message.startsWith(path))
      return true
    })
  }
  const large = join(temporary.path, 'large')
  await writeFile(large, '')
  await truncate(large, 64 * 1024 * 1024 + 1)
  await assert.rejects(loadVideoFile(large), /take a shorter piece/)
  await assert.rejects(loadVideoFile(join(temporary.path, 'missing')), /can't be read \(ENOENT\)/)
  await assert.rejects(loadVideoFile(temporary.path), /can't be read \(EISDIR\)/)
})

/** Eleven seconds with an IDR at their start alone. */
function oneKeyframe(asset: Buffer): Buffer[] {
  const [first, ...others] = toAccessUnits(splitAnnexB(asset), 'h264')
  const between = others.filter(({ isKeyframe }) => !isKeyframe).slice(0, 83)
  const pictures = [first, ...between, ...between]
  return pictures.flatMap((picture) => picture?.nalUnits.flatMap((unit) => [START_CODE, unit]) ?? [])
}

test('a picture of several slices stays whole', () => {
  const units = ['67aa', '68aa', '6580', '6540', '4180', '4140', '06aa', '4180'].map((hex) => Buffer.from(hex, 'hex'))
  const pictures = toAccessUnits(units, 'h264').map(({ nalUnits, isKeyframe }) => [isKeyframe, nalUnits.length])
  assert.deepEqual(pictures, [
    [true, 4],
    [false, 2],
    [false, 2],
  ])
})
