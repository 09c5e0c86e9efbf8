import assert from 'node:assert/strict'
import { test } from 'node:test'
import { splitAnnexB } from './annexb.ts'
import { CODECS } from './codec.ts'
import { markIn, markInJpeg, markJpeg, seiOf } from './mark.ts'
import { loadScenes } from './scene.ts'
import { Showing } from './showing.ts'
import { readTiledJpegs } from './tiled-jpegs.ts'

test('start codes of three and four bytes separate NAL units', () => {
  const units = splitAnnexB(Buffer.from([0, 0, 0, 1, 0x67, 1, 0, 0, 1, 0x68, 2, 0, 0, 0, 1, 0x65, 3]))
  assert.deepEqual(
    units.map((unit) => [...unit]),
    [
      [0x67, 1],
      [0x68, 2],
      [0x65, 3],
    ],
  )
})

/** Of the baseline frame header, after which entropy-coded data comes in restart intervals (T.81, B.2.2). */
function sizeIn(jpeg: Buffer): readonly [width: number, height: number] {
  assert.equal(jpeg.toString('hex', 0, 2), 'ffd8')
  assert.equal(jpeg.toString('hex', jpeg.length - 2), 'ffd9')
  const frame = jpeg.indexOf('ffc0', 0, 'hex')
  return [jpeg.readUInt16BE(frame + 7), jpeg.readUInt16BE(frame + 5)]
}

test('every scene is ten seconds with a keyframe and a picture each second', async () => {
  for (const scene of await loadScenes()) {
    assert.equal(scene.accessUnits.length, 150, scene.name)
    assert.equal(scene.jpegs.length, 10, scene.name)
    for (const jpeg of scene.jpegs) assert.deepEqual(sizeIn(jpeg), [scene.width, scene.height])
    const first = scene.accessUnits[0]?.nalUnits.map(CODECS.h264.typeOf)
    assert.deepEqual(first, [7, 8, 5], 'parameter sets come before the first slice')
  }
})

test('video and snapshot show the same moment, across the loop', async () => {
  const [scene] = await loadScenes()
  assert.ok(scene)
  const showing = new Showing(scene, 37)
  const startMs = 1_700_000_000_000
  for (let ms = 0; ms < 12_000; ms += 250) {
    const frame = showing.frameNumberAt(startMs + ms)
    const jpeg = showing.jpegAt(startMs + ms, 5000)
    const mark = markInJpeg(jpeg)
    assert.ok(mark)
    assert.deepEqual(markJpeg(showing.scene.jpegs[Math.floor(showing.indexOf(frame) / 15)] ?? jpeg, mark), jpeg)
    assert.ok(showing.accessUnit(mark.frame).isKeyframe && frame - mark.frame < 15)
    assert.equal(mark.clockMs, Math.floor((mark.frame * 1000) / 15 + 5000))
    assert.ok(showing.accessUnit(showing.nextKeyframe(frame)).isKeyframe)
    assert.ok(showing.nextKeyframe(frame) - frame < 15)
  }
})

test('pictures of shared tiles are put together with restart markers that count, and damage is seen', () => {
  const words = (...numbers: number[]) => Buffer.from(numbers.flatMap((number) => [number >> 8, number & 0xff]))
  const places = [0, 1, 0, 0, 0, 0, 0, 0, 0, 0]
  const file = Buffer.concat([words(2), Buffer.from('SS'), words(1, 10, 2, 1, 2), Buffer.from('abb'), words(...places)])
  const [jpeg] = readTiledJpegs(file)
  assert.equal(jpeg?.toString('hex'), '535361ffd06262ffd161ffd261ffd361ffd461ffd561ffd661ffd761ffd061ffd9')
  assert.throws(() => readTiledJpegs(file.subarray(0, 30)), RangeError)
  assert.throws(() => readTiledJpegs(Buffer.concat([file.subarray(0, -2), words(2)])), RangeError)
})

test('a mark comes out of its SEI as it went in, in both codecs, and out of nothing else', () => {
  const mark = { frame: 26_011_223_344, clockMs: 1_734_081_556_267 }
  for (const codec of ['h264', 'h265'] as const) {
    const sei = seiOf(mark, codec)
    assert.deepEqual(markIn(sei), mark)
    assert.ok(sei.indexOf(0) < 0, 'nothing in it needs escaping')
  }
  assert.equal(markIn(Buffer.from('0605047878787880', 'hex')), undefined)
  assert.equal(markIn(Buffer.concat([Buffer.from('25'), seiOf(mark, 'h264')])), undefined)
  assert.equal(markInJpeg(Buffer.from('ffd8ffe000104a46', 'hex')), undefined)
})
