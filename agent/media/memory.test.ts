import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import type { Clock } from '../base/clock.ts'
import { ParameterSets } from '../rtsp/parameter-sets.ts'
import { PPS, SPS, slice, withLength } from '../rtsp/testing.ts'
import { Timeline } from '../rtsp/timeline.ts'
import { UnitBuffer } from '../rtsp/unit-buffer.ts'
import { VideoDepacketizer } from '../rtsp/video-depacketizer.ts'
import type { Clip } from './clip.ts'
import { readClip } from './clip-file.testing.ts'
import { CLIP_SETTINGS, ClipCutter, type ClipSettings } from './cutter.ts'
import { Gop } from './gop.ts'
import { CAMERA, testOwner } from './testing.ts'

const FRAME_MS = 50
const GOP_FRAMES = 10

/** Large enough that the memory of a few goes round. */
const pictureOf = (number: number) =>
  slice(number % GOP_FRAMES === 0 ? 'idr' : 'other', number, 20_000 + (number % 7) * 9000)

/** Films so many pictures with an event at those, and reads the clips that come of it. */
async function film(pictures: number, eventsAt: readonly number[], settings: Partial<ClipSettings>) {
  using owner = testOwner()
  let nowMs = 1_000_000
  // Events end when their time has passed and a picture is taken; nothing waits for real.
  const clock: Clock = { nowMs: () => nowMs, monotonicMs: () => nowMs, sleep: async () => await turn() }
  const clips: Clip[] = []
  const cutter = new ClipCutter({
    folder: owner.folder,
    camera: CAMERA,
    settings: { ...CLIP_SETTINGS, postRollMs: 1000, ...settings },
    clock,
    onCut: (clip) => clips.push(clip),
    onMissed: () => {},
  })
  const depacketizer = new VideoDepacketizer({
    parameters: ParameterSets.from([SPS, PPS]),
    unitBytesMax: 1_000_000,
    clock,
    timeline: new Timeline(90_000),
    onUnit: (unit) => cutter.take(unit),
  })
  for (let number = 0; number < pictures; number++) {
    nowMs += FRAME_MS
    const packet = { marker: true, timestamp: number * FRAME_MS * 90, payloadType: 96, ssrc: 1 }
    depacketizer.push({ ...packet, sequence: number, payload: pictureOf(number) })
    if (eventsAt.includes(number)) cutter.trigger('motion', nowMs)
    await turn()
  }
  cutter.breakOff()
  const items = await Promise.all(clips.map((clip) => clip.finish()))
  return items.map((item) => readClip(item?.path ?? '').pictures)
}

const numberIn = (sample: Buffer) => sample.readUInt32BE(6)

describe('memory that is used again', () => {
  const cases: readonly (readonly [string, Partial<ClipSettings>])[] = [
    ['with pre-roll', { preRollMs: 2000 }],
    ['without pre-roll', { preRollMs: 0 }],
    ['in a ring that overflows', { preRollMs: 2000, ringBytesMax: 600_000 }],
    ['in a ring smaller than a group of pictures', { preRollMs: 2000, ringBytesMax: 150_000 }],
    ['in clips that fill up', { preRollMs: 1000, clipMsMax: 1500 }],
  ]
  for (const [name, settings] of cases) {
    it(`never spoils a clip, ${name}`, async () => {
      const clips = await film(160, [25, 31, 80, 81, 130], settings)
      assert.ok(clips.length >= 2, `${clips.length} clips`)
      for (const sample of clips.flat()) assert.deepEqual(sample, withLength(pictureOf(numberIn(sample))))
    })
  }

  it('is the same slab again once all of its units are released, and no sooner', () => {
    const buffer = new UnitBuffer(1_000_000)
    const unit = (fill: number) => {
      buffer.openNal()
      buffer.append(Buffer.alloc(100_000, fill))
      buffer.closeNal()
      return buffer.take()
    }
    const [a, b, c] = [unit(1), unit(2), unit(3)]
    assert.equal(a.data.buffer, b.data.buffer)
    assert.notEqual(b.data.buffer, c.data.buffer)
    a.lease.release()
    const [, e] = [unit(4), unit(5)]
    assert.notEqual(e.data.buffer, a.data.buffer, 'one of its units is still held')
    b.lease.release()
    const [, g] = [unit(6), unit(7)]
    assert.equal(g.data.buffer, a.data.buffer)
    assert.equal(c.data[4], 3)
  })

  it('is not to be had again from a GOP that was let go', () => {
    let released = 0
    const release = () => {
      released += 1
    }
    const lease = { release }
    const parameters = ParameterSets.from([SPS, PPS])
    const gop = new Gop({ data: Buffer.alloc(9), lease, keyframe: true, ticks: 0, arrivedAtMs: 0, parameters })
    gop.hold()
    gop.hold()
    gop.letGo()
    assert.equal(released, 0)
    gop.letGo()
    assert.equal(released, 1)
    assert.throws(() => gop.hold(), RangeError)
  })
})
