import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nalType, splitAnnexB } from './annexb.ts'
import { loadScenes } from './scene.ts'
import { Showing } from './showing.ts'

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

test('every scene is ten seconds with a keyframe and a picture each second', async () => {
  for (const scene of await loadScenes()) {
    assert.equal(scene.accessUnits.length, 150, scene.name)
    assert.equal(scene.jpegs.length, 10, scene.name)
    for (const jpeg of scene.jpegs) assert.equal(jpeg.toString('hex', 0, 3), 'ffd8ff')
    const first = scene.accessUnits[0]?.nalUnits.map(nalType)
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
    assert.equal(showing.jpegAt(startMs + ms), scene.jpegs[Math.floor(showing.indexOf(frame) / 15)])
    assert.ok(showing.accessUnit(showing.nextKeyframe(frame)).isKeyframe)
    assert.ok(showing.nextKeyframe(frame) - frame < 15)
  }
})
