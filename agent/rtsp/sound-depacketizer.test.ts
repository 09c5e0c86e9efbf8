import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { RtpPacket } from './rtp.ts'
import { soundDepacketizer } from './sound-depacketizer.ts'
import { type SoundTrack, soundTrackOf } from './sound-track.ts'

const FORMAT = new Map(Object.entries({ sizelength: '13', indexlength: '3', indexdeltalength: '3', config: '1408' }))

function aacTrack(): SoundTrack {
  const track = soundTrackOf('MPEG4-GENERIC/16000/1', FORMAT)
  assert.ok(track)
  return track
}

const packet = (payload: Uint8Array, marker = true, timestamp = 4_294_967_000): RtpPacket => ({
  payload,
  marker,
  timestamp,
  payloadType: 97,
  sequence: 1,
  ssrc: 1,
})

/** Access units behind their headers, as RFC 3640, 3.2.1, draws them. */
function withHeaders(sizes: readonly number[], ...data: readonly Uint8Array[]): Buffer {
  const headers = Buffer.alloc(2 + sizes.length * 2)
  headers.writeUInt16BE(sizes.length * 16)
  for (const [i, size] of sizes.entries()) headers.writeUInt16BE(size << 3, 2 + i * 2)
  return Buffer.concat([headers, ...data])
}

const first = Buffer.alloc(300, 1)
const second = Buffer.alloc(200, 2)

describe('AAC from RTP', () => {
  it('comes in units with their own times, several in a packet, and time that wraps', () => {
    const pieces = soundDepacketizer(aacTrack())(packet(withHeaders([300, 200], first, second)))
    assert.deepEqual(
      pieces.map(({ data, samples, timestamp }) => [Buffer.from(data), samples, timestamp]),
      [
        [first, 1024, 4_294_967_000],
        [second, 1024, 728],
      ],
    )
  })

  it('is put together where a unit is larger than a packet, and dropped where a part is missing', () => {
    const depacketize = soundDepacketizer(aacTrack())
    const half = (from: number, marker: boolean, timestamp = 5) =>
      packet(withHeaders([300], first.subarray(from, from + 150)), marker, timestamp)
    assert.deepEqual(depacketize(half(0, false)), [])
    assert.deepEqual(Buffer.from(depacketize(half(150, true))[0]?.data ?? []), first)
    assert.deepEqual(depacketize(half(150, true, 6)), [])
    assert.equal(depacketize(packet(withHeaders([200], second))).length, 1)
  })

  it('that is interleaved, cut short or nonsense gives silence', () => {
    const depacketize = soundDepacketizer(aacTrack())
    const interleaved = withHeaders([300, 200], first, second)
    interleaved[3] = (interleaved[3] ?? 0) | 1
    for (const payload of [interleaved, Buffer.alloc(0), Buffer.from([0xff, 0xff, 1]), withHeaders([0], first)]) {
      assert.deepEqual(depacketize(packet(payload)), [])
    }
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 20 }), (payloads) => {
        for (const payload of payloads) depacketize(packet(payload, payload.length % 2 === 0))
      }),
      { seed: 20_261_102, numRuns: 200 },
    )
  })
})

describe('G.711 from RTP', () => {
  it('is a byte a sample, in memory of its own', () => {
    const payload = Buffer.alloc(160, 7)
    const [piece] = soundDepacketizer({ codec: 'pcma', sampleRateHz: 8000, channels: 1 })(packet(payload))
    payload.fill(0)
    assert.deepEqual([piece?.samples, piece?.data[0]], [160, 7])
  })
})

describe('the description of sound', () => {
  it('is understood for AAC and G.711', () => {
    assert.deepEqual(soundTrackOf('PCMA/8000', new Map()), { codec: 'pcma', sampleRateHz: 8000, channels: 1 })
    const track = aacTrack()
    assert.deepEqual(
      track.codec === 'aac' && [track.sampleRateHz, track.channels, track.samplesPerUnit, track.sizeBits],
      [16_000, 1, 1024, 13],
    )
    const stereo = soundTrackOf('mpeg4-generic/48000/2', new Map([...FORMAT, ['config', '1190']]))
    assert.equal(stereo?.channels, 2)
    // HE-AAC told openly: 24 kHz at the core, 48 kHz to hear, and 2048 samples a frame.
    const he = soundTrackOf('mpeg4-generic/48000/2', new Map([...FORMAT, ['config', '2b118800']]))
    assert.equal(he?.codec === 'aac' && he.samplesPerUnit, 2048)
  })

  it('that can not be recorded is left alone', () => {
    const cases: readonly (readonly [string, ReadonlyMap<string, string>])[] = [
      ['G726-32/8000', new Map()],
      ['PCMU/8000/2', new Map()],
      ['mpeg4-generic/16000', new Map()],
      ['mpeg4-generic/16000', new Map([...FORMAT, ['config', '']])],
      ['mpeg4-generic/16000', new Map([...FORMAT, ['ctsdeltalength', '8']])],
      ['', new Map()],
    ]
    for (const [encoding, format] of cases) assert.equal(soundTrackOf(encoding, format), undefined, encoding)
  })
})
