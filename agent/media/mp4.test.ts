import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { AccessUnit } from '../rtsp/access-unit.ts'
import { ParameterSets } from '../rtsp/parameter-sets.ts'
import { PPS, SPS, slice, withLength } from '../rtsp/testing.ts'
import { Gop, samplesOf } from './gop.ts'
import { codecString, fragment, initSegment, VIDEO_TRACK } from './mp4.ts'
import { Ring } from './ring.ts'
import { parseSps } from './sps.ts'

const parameters = ParameterSets.from([SPS, PPS])

const unit = (ticks: number, type: 'idr' | 'other' = 'other', bytes = 32): AccessUnit => ({
  data: withLength(slice(type, ticks, bytes)),
  keyframe: type === 'idr',
  ticks,
  arrivedAtMs: ticks / 90,
  parameters,
})

function gopOf(...ticks: number[]): Gop {
  const gop = new Gop(unit(ticks[0] ?? 0, 'idr'))
  for (const more of ticks.slice(1)) gop.add(unit(more))
  return gop
}

/** The first box of this type, wherever it lies, without its head. */
function boxIn(bytes: Buffer, type: string): Buffer {
  const at = bytes.indexOf(type, 0, 'latin1')
  return bytes.subarray(at + 4, at - 4 + bytes.readUInt32BE(at - 4))
}

describe('an SPS', () => {
  const cases = [
    // As x264 writes them: High, High cropped to 1080 lines, Baseline, Main cropped both ways, High 4:4:4, interlaced.
    [SPS.toString('hex'), 640, 360],
    ['67640028acd940780227e5c044000003000400000300283c60c658', 1920, 1080],
    ['6742c016d900b0126c044000000300400000030283c58b92', 704, 576],
    ['674d4020eca02b030f3780880000030008000003005078c18cb0', 1366, 768],
    ['67f40016919b281407b6022000000300200000030141e2c5b2c0', 640, 480],
    ['67640028acd94078044fde0220000003002000000643e2c5b2c0', 1920, 1080],
  ] as const

  it('tells the size after cropping', () => {
    for (const [hex, width, height] of cases) {
      const facts = parseSps(Buffer.from(hex, 'hex'))
      assert.deepEqual([facts.width, facts.height], [width, height], hex)
    }
  })

  it('that was cut is refused', () => {
    for (let bytes = 0; bytes < 9; bytes++) assert.throws(() => parseSps(SPS.subarray(0, bytes)), { kind: 'invalid' })
  })
})

describe('the MP4 writer', () => {
  it('names codec and size, and carries the parameter sets', () => {
    assert.equal(codecString(parameters), 'avc1.640016')
    const avc1 = boxIn(initSegment(parameters), 'avc1')
    assert.deepEqual([avc1.readUInt16BE(24), avc1.readUInt16BE(26)], [640, 360])
    const avcC = boxIn(avc1, 'avcC')
    assert.ok(avcC.includes(SPS) && avcC.includes(PPS))
    assert.deepEqual([...avcC.subarray(0, 6)], [1, 0x64, 0, 0x16, 0xff, 0xe1])
  })

  it('puts sizes, durations and the data offset of each sample where a player looks for them', () => {
    const gop = gopOf(0, 4500, 9000)
    const bytes = Buffer.concat(
      fragment(7, [{ track: VIDEO_TRACK, decodeTicks: 90_000, samples: samplesOf(gop.units, 18_000).samples }]),
    )
    const trun = boxIn(bytes, 'trun')
    assert.equal(trun.readUInt32BE(4), 3)
    assert.equal(bytes.toString('latin1', trun.readUInt32BE(8) - 4, trun.readUInt32BE(8)), 'mdat')
    const rows = [0, 1, 2].map((i) => [trun.readUInt32BE(12 + i * 16), trun.readUInt32BE(16 + i * 16)])
    assert.deepEqual(rows, [[4500, 36], [4500, 36], [9000, 36]]) // biome-ignore format: a table
    assert.equal(boxIn(bytes, 'tfdt').readBigUInt64BE(4), 90_000n)
    assert.equal(boxIn(bytes, 'mfhd').readUInt32BE(4), 7)
    assert.equal(boxIn(bytes, 'mdat').length, gop.bytes)
  })

  it('decodes reordered pictures in the order they came, and shows them in the order of their times', () => {
    const { samples } = samplesOf(gopOf(0, 13_500, 4500, 9000).units, 18_000)
    let decoding = 0
    const shown = samples.map(({ duration, compositionOffset }) => {
      const at = decoding + compositionOffset
      decoding += duration
      return at
    })
    assert.deepEqual(shown, [0, 13_500, 4500, 9000])
    assert.equal(decoding, 18_000)
  })
})

describe('the ring', () => {
  const second = 90_000

  it('keeps whole GOPs that cover the pre-roll, and no more', () => {
    const ring = new Ring({ preRollMs: 2500, bytesMax: 1_000_000 })
    for (let i = 0; i <= 100; i++) ring.add(unit((i * second) / 10, i % 10 === 0 ? 'idr' : 'other'))
    assert.deepEqual(
      ring.gops.map(({ ticks }) => ticks / second),
      [7, 8, 9, 10],
    )
  })

  it('never holds more bytes than it may, and starts again at a keyframe', () => {
    const ring = new Ring({ preRollMs: 60_000, bytesMax: 10_000 })
    for (let i = 0; i < 60; i++) {
      ring.add(unit(i * second, i % 20 === 0 ? 'idr' : 'other', 900))
      assert.ok(ring.bytes <= 10_000)
      assert.equal(ring.bytes, ring.gops.reduce((sum, { bytes }) => sum + bytes, 0)) // biome-ignore format: short
      assert.ok(ring.gops.every(({ units }) => units[0]?.keyframe))
    }
    assert.equal(ring.overflows, 3)
  })
})
