import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { systemClock } from '../base/clock.ts'
import type { AccessUnit } from './access-unit.ts'
import { ParameterSets } from './parameter-sets.ts'
import type { RtpPacket } from './rtp.ts'
import { SETS_H265, withLength } from './testing.ts'
import { Timeline } from './timeline.ts'
import { VideoDepacketizer } from './video-depacketizer.ts'

const TRAIL = 1
const RASL = 8
const IDR = 19
const CRA = 21

/** A made-up picture of one slice segment of that type. */
function picture(type: number, number: number, bytes = 40): Buffer {
  const nal = Buffer.alloc(bytes, number & 0xff)
  nal.set([type << 1, 1, 0x80])
  return nal
}

/** RFC 7798, 4.4.3. */
function fragments(nal: Buffer, bytesMax: number): Buffer[] {
  if (nal.length <= bytesMax) return [nal]
  const pieces: Buffer[] = []
  for (let at = 2; at < nal.length; at += bytesMax) {
    const flags = (at === 2 ? 0x80 : 0) | (at + bytesMax >= nal.length ? 0x40 : 0)
    const head = Buffer.from([((nal[0] ?? 0) & 0x81) | (49 << 1), nal[1] ?? 0, flags | (((nal[0] ?? 0) >> 1) & 0x3f)])
    pieces.push(Buffer.concat([head, nal.subarray(at, at + bytesMax)]))
  }
  return pieces
}

/** RFC 7798, 4.4.2. */
const aggregate = (...nals: readonly Buffer[]) =>
  Buffer.concat([
    Buffer.from([48 << 1, 1]),
    ...nals.flatMap((nal) => [Buffer.from([nal.length >> 8, nal.length & 255]), nal]),
  ])

function depacketizer(parameters = ParameterSets.from(SETS_H265, 'h265')) {
  const units: AccessUnit[] = []
  const video = new VideoDepacketizer({
    parameters,
    unitBytesMax: 1_000_000,
    clock: systemClock,
    timeline: new Timeline(90_000),
    onUnit: (unit) => units.push(unit),
  })
  let sequence = 0
  const push = (timestamp: number, ...payloads: readonly Buffer[]) => {
    for (const [i, payload] of payloads.entries()) {
      const marker = i === payloads.length - 1
      const packet: RtpPacket = { payload: Buffer.from(payload), marker, timestamp, sequence, payloadType: 96, ssrc: 1 }
      video.push(packet)
      packet.payload.fill(0xee)
      sequence = (sequence + 1) & 0xffff
    }
  }
  const lose = () => {
    sequence += 1
  }
  return { units, push, lose, losses: video.losses }
}

const bytesOf = (units: readonly AccessUnit[]) => units.map(({ data }) => Buffer.from(data))

describe('the H.265 depacketizer', () => {
  it('gives pictures back bit for bit, whatever their size and fragments', () => {
    const sizes = fc.tuple(fc.integer({ min: 8, max: 9000 }), fc.integer({ min: 20, max: 1400 }))
    fc.assert(
      fc.property(fc.array(sizes, { minLength: 1, maxLength: 12 }), (pictures) => {
        const { units, push, losses } = depacketizer()
        const nals = pictures.map(([bytes], i) => picture(i % 5 === 0 ? IDR : TRAIL, i, bytes))
        for (const [i, nal] of nals.entries()) push(i * 4500, ...fragments(nal, pictures[i]?.[1] ?? 1400))
        assert.deepEqual(bytesOf(units), nals.map((nal) => withLength(nal))) // biome-ignore format: short
        assert.deepEqual(losses, { gaps: 0, droppedUnits: 0 })
      }),
      { seed: 20_261_104, numRuns: 60 },
    )
  })

  it('takes the parameter sets out of aggregation packets, and needs all three', () => {
    const { units, push } = depacketizer(new ParameterSets('h265'))
    push(0, aggregate(...SETS_H265.slice(1)), picture(IDR, 0))
    assert.equal(units.length, 0, 'without a VPS there is no beginning')
    push(4500, aggregate(...SETS_H265), picture(IDR, 1))
    push(9000, aggregate(...SETS_H265, picture(CRA, 2)))
    assert.deepEqual(bytesOf(units), [withLength(picture(IDR, 1)), withLength(picture(CRA, 2))])
    const [first, second] = units.map(({ parameters }) => parameters)
    assert.equal(first, second, 'the same sets again are no change')
    assert.deepEqual(first?.sps.map((set) => Buffer.from(set)), [SETS_H265[1]]) // biome-ignore format: short
  })

  it('begins at any random access point, and leaves out what leans on pictures before it', () => {
    const { units, push, lose } = depacketizer()
    push(0, picture(TRAIL, 0))
    push(9000, picture(CRA, 1))
    push(4500, picture(RASL, 2))
    push(13_500, picture(TRAIL, 3))
    push(22_500, picture(CRA, 4))
    push(18_000, picture(RASL, 5))
    assert.deepEqual(units.map(({ ticks, leansBack = false }) => [ticks, leansBack]), [
      [0, false],
      [4500, false],
      [13_500, false],
      [9000, true],
    ]) // biome-ignore format: a table
    lose()
    push(31_500, picture(TRAIL, 6))
    push(40_500, picture(CRA, 7))
    push(36_000, picture(RASL, 8))
    assert.deepEqual(units.slice(4).map(({ keyframe }) => keyframe), [true]) // biome-ignore format: short
  })

  it('survives any bytes', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 30 }), (payloads) => {
        const { push } = depacketizer()
        for (const [i, payload] of payloads.entries()) push(i >> 1, Buffer.from(payload))
      }),
      { seed: 20_261_105, numRuns: 200 },
    )
  })
})
