import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { systemClock } from '../base/clock.ts'
import type { AccessUnit } from './access-unit.ts'
import { ParameterSets } from './parameter-sets.ts'
import { parseRtp } from './rtp.ts'
import { PPS, packetizer, rtpFrame, SPS, slice, withLength } from './testing.ts'
import { Timeline } from './timeline.ts'
import { VideoDepacketizer } from './video-depacketizer.ts'

function depacketizer(parameters = ParameterSets.from([SPS, PPS])) {
  const units: AccessUnit[] = []
  const onUnit = (unit: AccessUnit) => units.push(unit)
  const depacketize = new VideoDepacketizer({
    timeline: new Timeline(90_000),
    parameters,
    unitBytesMax: 1_000_000,
    clock: systemClock,
    onUnit,
  })
  const push = (frames: readonly Buffer[]) => {
    for (const frame of frames) {
      // The socket's buffer is used again after each call: what was kept must be a copy.
      const packet = Buffer.from(frame.subarray(4))
      const parsed = parseRtp(packet)
      if (parsed?.payloadType === 96) depacketize.push(parsed)
      packet.fill(0xee)
    }
  }
  return { units, push, losses: depacketize.losses }
}

const stapA = (...nals: readonly Buffer[]) =>
  Buffer.concat([
    Buffer.from([0x78]),
    ...nals.flatMap((nal) => [Buffer.from([nal.length >> 8, nal.length & 255]), nal]),
  ])

describe('the H.264 depacketizer', () => {
  it('gives pictures back bit for bit, whatever their size and fragments, and ticks that never wrap', () => {
    const picture = fc.tuple(fc.integer({ min: 8, max: 9000 }), fc.integer({ min: 20, max: 1400 }))
    fc.assert(
      fc.property(fc.array(picture, { minLength: 1, maxLength: 12 }), (pictures) => {
        const { units, push, losses } = depacketizer()
        const camera = packetizer(20)
        const nals = pictures.map(([bytes], i) => slice(i % 5 === 0 ? 'idr' : 'other', i, bytes))
        for (const [i, nal] of nals.entries()) push(camera.picture([nal], pictures[i]?.[1]))
        assert.deepEqual(
          units.map(({ data }) => Buffer.from(data)),
          nals.map((nal) => withLength(nal)),
        )
        assert.deepEqual(
          units.map(({ ticks }) => ticks),
          nals.map((_, i) => i * 4500),
        )
        assert.deepEqual(losses, { gaps: 0, droppedUnits: 0 })
      }),
      { seed: 20_260_102, numRuns: 60 },
    )
  })

  it('starts at an IDR picture', () => {
    const { units, push } = depacketizer()
    const camera = packetizer()
    push([...camera.picture([slice('other', 1)]), ...camera.picture([slice('idr', 2)])])
    assert.deepEqual(
      units.map(({ keyframe }) => keyframe),
      [true],
    )
  })

  it('drops what refers to a lost packet, until the next IDR, and counts it', () => {
    const { units, push, losses } = depacketizer()
    const camera = packetizer()
    push(camera.picture([slice('idr', 0)]))
    const torn = camera.picture([slice('other', 1, 5000)], 1000)
    push([...torn.slice(0, 2), ...torn.slice(3)])
    push(camera.picture([slice('other', 2)]))
    push(camera.picture([slice('idr', 3)]))
    push(camera.picture([slice('other', 4)]))
    assert.deepEqual(
      units.map(({ data }) => Buffer.from(data)),
      [slice('idr', 0), slice('idr', 3), slice('other', 4)].map((nal) => withLength(nal)),
    )
    assert.deepEqual(losses, { gaps: 1, droppedUnits: 2 })
  })

  it('does not take an IDR picture whose beginning was lost for a whole one', () => {
    const { units, push, losses } = depacketizer()
    const camera = packetizer()
    const second = slice('idr', 1)
    second[1] = 0x48
    push(camera.picture([slice('idr', 0)]))
    camera.lose(1)
    push(camera.picture([second]))
    assert.equal(units.length, 1)
    assert.equal(losses.droppedUnits > 0, true)
  })

  it('takes parameter sets out of the pictures and notices when they change', () => {
    const { units, push } = depacketizer(new ParameterSets())
    const camera = packetizer()
    const otherSps = Buffer.from(SPS)
    otherSps[otherSps.length - 1] = 0x97
    push(camera.picture([slice('idr', 0)]))
    push(camera.picture([stapA(SPS, PPS, Buffer.from([6, 5, 1, 0x80])), slice('idr', 1)]))
    push(camera.picture([SPS, PPS, slice('idr', 2)]))
    push(camera.picture([otherSps, PPS, slice('idr', 3)]))
    assert.deepEqual(
      units.map(({ data }) => Buffer.from(data)),
      [
        withLength(Buffer.from([6, 5, 1, 0x80]), slice('idr', 1)),
        withLength(slice('idr', 2)),
        withLength(slice('idr', 3)),
      ],
    )
    const [first, second, third] = units.map(({ parameters }) => parameters)
    assert.equal(first, second, 'the same sets again are no change')
    assert.notEqual(second, third)
    assert.deepEqual(third?.sps, [new Uint8Array(otherSps)])
  })

  it('keeps a picture together where a camera marks every NAL unit', () => {
    const { units, push } = depacketizer()
    const at = { timestamp: 5 }
    push([
      rtpFrame({ ...at, sequence: 1, payload: SPS, marker: true }),
      rtpFrame({ ...at, sequence: 2, payload: PPS, marker: true }),
      rtpFrame({ ...at, sequence: 3, payload: slice('idr', 1), marker: true }),
    ])
    assert.equal(units.length, 1)
  })

  it('ends a picture at a new timestamp where a camera sets no marker', () => {
    const { units, push } = depacketizer()
    push([
      rtpFrame({ sequence: 1, timestamp: 0, payload: slice('idr', 1) }),
      rtpFrame({ sequence: 2, timestamp: 4500, payload: slice('other', 2) }),
    ])
    assert.deepEqual(
      units.map(({ data }) => Buffer.from(data)),
      [withLength(slice('idr', 1))],
    )
  })

  it('keeps the slices of a picture together where a camera marks each, once it has seen that', () => {
    const { units, push } = depacketizer()
    const second = slice('idr', 9)
    second[1] = 0x48
    for (let i = 0; i < 4; i++) {
      const at = { timestamp: i * 4500, marker: true }
      push([
        rtpFrame({ ...at, sequence: i * 2, payload: slice('idr', i) }),
        rtpFrame({ ...at, sequence: i * 2 + 1, payload: second }),
      ])
    }
    assert.deepEqual(
      units.slice(-2).map(({ data }) => Buffer.from(data)),
      [1, 2].map((i) => withLength(slice('idr', i), second)),
    )
  })

  it('understands fragments whose end is never marked, start codes, and empty packets', () => {
    const { units, push, losses } = depacketizer()
    const endless = (number: number) => {
      const nal = slice('idr', number, 3000)
      const header = Buffer.from([(nal[0] ?? 0) & 0xe0 | 28, 0x85]) // biome-ignore format: bits
      const more = Buffer.from([header[0] ?? 0, 0x05])
      return [Buffer.concat([header, nal.subarray(1, 1400)]), Buffer.concat([more, nal.subarray(1400)])]
    }
    const withCode = Buffer.concat([Buffer.from([0, 0, 0, 1]), slice('other', 2)])
    const payloads = [...endless(1), Buffer.alloc(0), withCode, ...endless(3), slice('other', 4)]
    const times = [0, 0, 4500, 4500, 9000, 9000, 13_500]
    push(payloads.map((payload, i) => rtpFrame({ sequence: i, timestamp: times[i] ?? 0, payload })))
    assert.deepEqual(
      units.map(({ data }) => Buffer.from(data)),
      [slice('idr', 1, 3000), slice('other', 2), slice('idr', 3, 3000)].map((nal) => withLength(nal)),
    )
    assert.equal(losses.gaps, 0)
  })

  it('goes by arrival where a camera stamps all pictures alike', () => {
    const { units, push } = depacketizer()
    const at = { timestamp: 7, marker: true }
    push([0, 1, 2].map((i) => rtpFrame({ ...at, sequence: i, payload: slice(i === 0 ? 'idr' : 'other', i) })))
    const ticks = units.map((unit) => unit.ticks)
    assert.equal(ticks.length, 3)
    assert.ok(ticks.every((tick, i) => i === 0 || tick > (ticks[i - 1] ?? 0)))
  })

  it('survives any bytes', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 30 }), (payloads) => {
        const { push } = depacketizer()
        push(payloads.map((payload, sequence) => rtpFrame({ sequence, timestamp: sequence >> 1, payload })))
        push(payloads.map((bytes) => Buffer.concat([Buffer.alloc(4), bytes])))
      }),
      { seed: 20_260_103, numRuns: 200 },
    )
  })

  it('refuses a picture that never ends', () => {
    const { push } = depacketizer()
    const camera = packetizer()
    assert.throws(() => push(camera.picture([slice('idr', 0, 1_200_000)])), { kind: 'limit' })
  })
})
