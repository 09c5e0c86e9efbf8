import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { AccessUnit, SoundUnit } from '../rtsp/access-unit.ts'
import { ParameterSets } from '../rtsp/parameter-sets.ts'
import { PPS, SPS } from '../rtsp/testing.ts'
import { LiveFragments } from './live-fragments.ts'

const SETS = ParameterSets.from([SPS, PPS], 'h264')

const picture = (ticks: number, keyframe: boolean, parameters = SETS): AccessUnit => {
  return { data: Buffer.from('picture'), keyframe, ticks, arrivedAtMs: 0, parameters }
}

/** When a fragment's first sample is decoded and shown, in ticks. */
function timesIn(parts: readonly Uint8Array[]) {
  const bytes = Buffer.concat(parts)
  const decode = Number(bytes.readBigUInt64BE(bytes.indexOf('tfdt') + 8))
  return { decode, shown: decode + bytes.readInt32BE(bytes.indexOf('trun') + 28) }
}

describe('a live view as fragments', () => {
  it('begins with a keyframe and what it needs, and goes on picture by picture', () => {
    const fragments = new LiveFragments()
    const units = [picture(0, false), picture(6000, true), picture(12_000, false), picture(18_000, true)]
    const pieces = units.flatMap((unit) => fragments.take(unit))
    assert.deepEqual(
      pieces.map(({ type }) => type),
      ['init', 'key', 'delta', 'key'],
    )
    const times = pieces.slice(1).map(({ parts }) => timesIn(parts))
    assert.deepEqual(
      times,
      [0, 6000, 12_000].map((ticks) => ({ decode: ticks, shown: ticks })),
    )
  })

  it('decodes in order what is shown in another', () => {
    const fragments = new LiveFragments()
    const shown = [0, 9000, 3000, 6000, 18_000, 12_000, 15_000, 27_000]
    const pieces = shown.flatMap((ticks, i) => fragments.take(picture(ticks, i === 0)))
    const times = pieces.slice(1).map(({ parts }) => timesIn(parts))
    assert.deepEqual(
      times.map((time) => time.shown),
      shown,
    )
    assert.ok(times.every(({ decode }, i) => i === 0 || decode > (times[i - 1]?.decode ?? 0)))
  })

  it('begins anew where the camera changes what a decoder needs, at the same clock', () => {
    const fragments = new LiveFragments()
    const other = ParameterSets.from([SPS, Buffer.from('68ebe3cb22c1', 'hex')], 'h264')
    const units = [picture(1000, true), picture(7000, true, other), picture(13_000, true, other)]
    const pieces = units.flatMap((unit) => fragments.take(unit))
    assert.deepEqual(
      pieces.map(({ type }) => type),
      ['init', 'key', 'init', 'key', 'key'],
    )
    assert.equal(timesIn(pieces.at(-1)?.parts ?? []).decode, 12_000)
  })

  it('carries sound with the pictures, from the first keyframe after it was heard', () => {
    const fragments = new LiveFragments()
    const heard = (ticks: number): SoundUnit => {
      const format = { codec: 'pcmu', sampleRateHz: 8000, channels: 1 } as const
      return { data: Buffer.alloc(160, 0xff), samples: 160, ticks, format }
    }
    const early = [picture(0, true), heard(0), picture(6000, false)].flatMap((unit) => fragments.take(unit))
    assert.ok(early.every(({ parts }) => !Buffer.concat(parts).includes('soun')))
    const pieces = [picture(12_000, true), heard(13_000), picture(18_000, false)].flatMap((unit) =>
      fragments.take(unit),
    )
    assert.deepEqual(
      pieces.map(({ type }) => type),
      ['init', 'key', 'delta'],
    )
    assert.ok(Buffer.concat(pieces[0]?.parts ?? []).includes('fLaC'))
    const tracks =
      Buffer.concat(pieces[2]?.parts ?? [])
        .toString('latin1')
        .split('tfdt').length - 1
    assert.equal(tracks, 2)
  })
})
