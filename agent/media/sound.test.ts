import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { SoundUnit } from '../rtsp/access-unit.ts'
import type { SoundFormat } from '../rtsp/sound-format.ts'
import { readFlacFrame } from './flac.testing.ts'
import { blocksOf, flacFrame, streamInfo } from './flac.ts'
import { decodeG711 } from './g711.ts'
import { SoundLane } from './sound-lane.ts'

const PCMU: SoundFormat = { codec: 'pcmu', sampleRateHz: 8000, channels: 1 }
const AAC: SoundFormat = { codec: 'aac', sampleRateHz: 16_000, channels: 1, config: Buffer.from('1408', 'hex') }

/** Twenty milliseconds of G.711, at that many milliseconds of the pictures' clock. */
const packet = (atMs: number, fill = atMs): SoundUnit => ({
  data: Buffer.alloc(160, fill & 0xff),
  samples: 160,
  ticks: atMs * 90,
  format: PCMU,
})

const frame = (atMs: number): SoundUnit => ({ data: Buffer.from([atMs]), samples: 1024, ticks: atMs * 90, format: AAC })

describe('G.711', () => {
  it('is decoded as the tables of the recommendation say', () => {
    assert.deepEqual([...decodeG711(Buffer.from([0x00, 0x80, 0x7f, 0xff, 0x70]), 'pcmu')], [-32124, 32124, 0, 0, -120])
    assert.deepEqual([...decodeG711(Buffer.from([0x2a, 0xaa, 0x55, 0xd5, 0x45]), 'pcma')], [-32256, 32256, -8, 8, -264])
  })
})

describe('the FLAC encoder', () => {
  it('gives every sample back, whatever they are, with sound checksums', () => {
    const anything = fc.array(fc.integer({ min: -32_768, max: 32_767 }), { minLength: 16, maxLength: 600 })
    const smooth = fc.array(fc.integer({ min: -40, max: 40 }), { minLength: 16, maxLength: 4096 })
    const coded = fc.uint8Array({ minLength: 16, maxLength: 2000 }).map((bytes) => [...decodeG711(bytes, 'pcmu')])
    const number = fc.integer({ min: 0, max: 2 ** 36 - 1 })
    fc.assert(
      fc.property(fc.oneof(anything, smooth, coded), number, (samples, from) => {
        const read = readFlacFrame(flacFrame(Int16Array.from(samples), 8000, from))
        assert.deepEqual(read, { from, samples })
      }),
      { seed: 20_261_101, numRuns: 150 },
    )
  })

  it('takes little for silence, and less than the samples for a note', () => {
    assert.ok(flacFrame(new Int16Array(4096), 8000, 0).length < 20)
    const note = Int16Array.from({ length: 4096 }, (_, i) => Math.round(8000 * Math.sin(i / 7)) * 4)
    assert.ok(flacFrame(note, 8000, 0).length < note.length * 1.3)
  })

  it('cuts what is long into frames of about one length, none of them too short', () => {
    assert.deepEqual(blocksOf(new Int16Array(4097)).map(({ length }) => length), [2049, 2048]) // biome-ignore format: short
    assert.throws(() => blocksOf(new Int16Array(15)), RangeError)
  })

  it('names rate, channels and sample size for a player', () => {
    const info = streamInfo(8000)
    const rate = info.readUIntBE(10, 3) >> 4
    assert.deepEqual([info.length, rate, info.readUInt32BE(10) & 0xfff], [34, 8000, 15 << 4])
  })
})

describe('the sound of a clip', () => {
  it('is laid out without a seam, however packets jitter, and begins with the clip', () => {
    const lane = new SoundLane(PCMU, 900)
    const units = [0, 20, 40, 65, 78, 100, 121].map((ms) => packet(ms))
    const run = lane.lay(units)
    assert.deepEqual([run?.decodeTicks, run?.samples.map(({ duration }) => duration)], [80, [6 * 160]])
    assert.deepEqual(lane.lay([packet(140)])?.decodeTicks, 80 + 6 * 160)
  })

  it('of G.711 holds exactly its samples', () => {
    const bytes = Buffer.from(Array.from({ length: 480 }, (_, i) => (i * 7) & 0xff))
    const units = [0, 1, 2].map((i) => ({ ...packet(i * 20), data: bytes.subarray(i * 160, (i + 1) * 160) }))
    const [sample] = new SoundLane(PCMU, 0).lay(units)?.samples ?? []
    assert.deepEqual(readFlacFrame(sample?.data ?? Buffer.alloc(0)).samples, [...decodeG711(bytes, 'pcmu')])
  })

  it('goes on where it belongs after a hole', () => {
    const run = new SoundLane(PCMU, 0).lay([packet(0), packet(20), packet(500), packet(520)])
    assert.deepEqual(run?.samples.map(({ duration }) => duration), [4000, 320]) // biome-ignore format: short
    const aac = new SoundLane(AAC, 0)
    assert.deepEqual(
      aac.lay([frame(0), frame(64), frame(192)])?.samples.map((s) => s.duration),
      [1024, 2048, 1024],
    )
    assert.equal(aac.lay([frame(512)])?.decodeTicks, 8192)
  })

  it('leaves out what was heard already where a camera sets its clock back', () => {
    const run = new SoundLane(AAC, 0).lay([frame(0), frame(64), frame(0), frame(64), frame(128)])
    assert.deepEqual(run?.samples.map(({ data }) => data[0]), [0, 64, 128]) // biome-ignore format: short
  })

  it('waits with less than a frame of FLAC may hold', () => {
    const lane = new SoundLane(PCMU, 0)
    const short = { ...packet(0), data: Buffer.alloc(10), samples: 10 }
    assert.equal(lane.lay([short]), undefined)
    assert.equal(lane.lay([{ ...short, ticks: 112.5 }])?.samples[0]?.duration, 20)
  })
})
