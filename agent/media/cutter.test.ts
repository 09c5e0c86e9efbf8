import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { ParameterSets } from '../rtsp/parameter-sets.ts'
import { PPS, SPS, slice, withLength } from '../rtsp/testing.ts'
import type { Clip } from './clip.ts'
import { CLIP_SETTINGS, ClipCutter } from './cutter.ts'
import { CAMERA, testOwner } from './testing.ts'

/** A cutter whose time is ours. */
function bench(folder: string) {
  let nowMs = 1_000_000
  const sleepers = new Set<{ readonly untilMs: number; readonly wake: () => void }>()
  const sleep = (ms: number, signal?: AbortSignal) =>
    new Promise<void>((resolve, reject) => {
      const sleeper = { untilMs: nowMs + ms, wake: resolve }
      sleepers.add(sleeper)
      signal?.addEventListener('abort', () => {
        sleepers.delete(sleeper)
        reject(signal.reason)
      })
    })
  const clips: Clip[] = []
  const seen = { missed: 0 }
  const cutter = new ClipCutter({
    folder,
    camera: CAMERA,
    settings: { ...CLIP_SETTINGS, preRollMs: 2000, postRollMs: 1000 },
    clock: { nowMs: () => nowMs, monotonicMs: () => nowMs, sleep },
    onCut: (clip) => clips.push(clip),
    onMissed: () => {
      seen.missed += 1
    },
  })
  const pass = async (ms: number) => {
    nowMs += ms
    for (const sleeper of sleepers) {
      if (sleeper.untilMs > nowMs) continue
      sleepers.delete(sleeper)
      sleeper.wake()
    }
    await turn()
  }
  const parameters = ParameterSets.from([SPS, PPS])
  const picture = (keyframe: boolean) => {
    const data = withLength(slice(keyframe ? 'idr' : 'other', 1))
    cutter.take({ data, keyframe, ticks: nowMs * 90, arrivedAtMs: nowMs, parameters })
  }
  const durations = async () => (await Promise.all(clips.map((clip) => clip.finish()))).map((item) => item?.durationMs)
  return { cutter, seen, clips, pass, picture, durations }
}

describe('the cutter', () => {
  it('lets the post-roll count from the first picture where an event comes before it', async () => {
    using owner = testOwner()
    const { cutter, seen, clips, pass, picture, durations } = bench(owner.folder)
    cutter.trigger('motion', 1_000_000)
    await pass(3000)
    cutter.trigger('person', 1_003_000)
    picture(true)
    for (let i = 0; i < 9; i++) {
      await pass(100)
      picture(false)
    }
    assert.equal(clips.length, 0, 'the post-roll is not over')
    await pass(100)
    assert.deepEqual([clips.length, seen.missed], [1, 0])
    assert.deepEqual(await durations(), [1000])
  })

  it('lets the post-roll count from the last trigger that overlaps', async () => {
    using owner = testOwner()
    const { cutter, clips, pass, picture, durations } = bench(owner.folder)
    picture(true)
    cutter.trigger('motion', 1_000_000)
    for (let i = 0; i < 15; i++) {
      await pass(100)
      picture(false)
      if (i === 5) cutter.trigger('person', 1_000_600)
    }
    assert.equal(clips.length, 0, 'the second post-roll is not over')
    await pass(100)
    assert.equal(clips.length, 1)
    assert.deepEqual(await durations(), [1600])
  })

  it('says that it missed an event after five seconds without a picture, once', async () => {
    using owner = testOwner()
    const { cutter, seen, clips, pass, picture } = bench(owner.folder)
    cutter.trigger('motion', 1_000_000)
    await pass(4000)
    cutter.trigger('motion', 1_004_000)
    await pass(999)
    assert.equal(seen.missed, 0)
    await pass(1)
    picture(true)
    await pass(10_000)
    assert.deepEqual([clips.length, seen.missed], [0, 1])
  })

  it('forgets an event that waits when everything is dropped', async () => {
    using owner = testOwner()
    const { cutter, seen, pass } = bench(owner.folder)
    cutter.trigger('motion', 1_000_000)
    await cutter.drop()
    await pass(10_000)
    assert.equal(seen.missed, 0)
  })
})
