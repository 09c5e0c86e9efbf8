import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seiOf } from '../../simulator/imaging/mark.ts'
import { loadScenes } from '../../simulator/imaging/scene.ts'
import { KnownPictures } from './known-pictures.ts'
import type { AnnouncedStream } from './playback.ts'
import { judge } from './verdict.ts'

const SECONDS = 12
const FRAMES = SECONDS * 15
const FIRST = 26_011_223_340
const START_CODE = Buffer.from([0, 0, 0, 1])

const STREAM: AnnouncedStream = {
  ...{ camera: 'vigi-1', profile: 'profile_1', uri: 'rtsp://127.0.0.1/stream1', codec: 'h265' },
  ...{ width: 1280, height: 720, framesPerSecond: 15, sound: 'pcmu' },
}

const known = await KnownPictures.load()
const [scene] = await loadScenes()

/** The pictures with those numbers as they come from a camera; the scene begins anew after 150. */
function stream(numbers: readonly number[]): Buffer {
  const units = numbers.flatMap((number) => {
    const nalUnits = scene?.h265.accessUnits[number % 150]?.nalUnits ?? []
    const mark = seiOf({ frame: FIRST + number, clockMs: 0 }, 'h265')
    return [...nalUnits.slice(0, -1), mark, ...nalUnits.slice(-1)]
  })
  return Buffer.concat(units.flatMap((unit) => [START_CODE, unit]))
}

function verdictOf(video: Buffer, decoded = FRAMES, soundSeconds = SECONDS, complaints: string[] = []) {
  return judge(STREAM, SECONDS, { video, decoded, soundSeconds, complaints }, known)
}

const ALL = Array.from({ length: FRAMES }, (_, i) => i)

test('what came whole has no fault, and its loops are counted', () => {
  const { faults, ...verdict } = verdictOf(stream(ALL))
  assert.deepEqual(faults, [])
  const { frames, missing, wrong, loops, scene: name } = verdict
  assert.deepEqual([frames, missing, wrong, loops, name], [FRAMES, 0, 0, 1, scene?.name])
})

test('a frame that did not come is missing, at a loop point, too', () => {
  const without = (...gone: number[]) => verdictOf(stream(ALL.filter((number) => !gone.includes(number))))
  assert.equal(without(17).missing, 1)
  const { missing, loops, wrong, faults } = without(149, 150, 151)
  assert.deepEqual([missing, loops, wrong], [3, 1, 0])
  assert.deepEqual(faults, ['177 pictures came, not 180', '3 frame numbers are missing'])
})

test('pictures in another order, twice, unmarked or changed are wrong', () => {
  const swapped = ALL.toSpliced(20, 2, 21, 20)
  assert.ok(verdictOf(stream(swapped)).wrong > 0)
  assert.ok(verdictOf(stream(ALL.toSpliced(20, 0, 20))).wrong > 0)
  const changed = stream(ALL)
  changed.writeUInt8((changed.at(-40) ?? 0) ^ 0x10, changed.length - 40)
  assert.equal(verdictOf(changed).wrong, 1)
  const unmarked = stream(ALL)
  unmarked.write('x', unmarked.indexOf('frame='), 'latin1')
  assert.equal(verdictOf(unmarked).wrong, 1)
})

test('too few decoded, too little sound and a complaining player are faults', () => {
  assert.match(verdictOf(stream(ALL), FRAMES - 1).faults.join(), /179 pictures were decoded/)
  assert.match(verdictOf(stream(ALL), FRAMES, SECONDS - 2).faults.join(), /only 10.0 s of sound/)
  const { errors, faults } = verdictOf(stream(ALL), FRAMES, SECONDS, ['error while decoding'])
  assert.deepEqual([errors, faults], [1, ['error while decoding']])
})

test('nothing at all is a fault', () => {
  assert.ok(verdictOf(Buffer.alloc(0), 0, 0).faults.length >= 3)
})
