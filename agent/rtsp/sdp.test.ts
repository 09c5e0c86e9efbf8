import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { LenscapError } from '../base/errors.ts'
import { parseDescription } from './sdp.ts'
import { PPS, SDP, SPS, sdpOf } from './testing.ts'
import { resolveControl } from './uri.ts'

describe('the SDP of a camera', () => {
  it('names the H.264 track, its control and its parameter sets', () => {
    const { control, video: track, sound } = parseDescription(SDP)
    assert.deepEqual([control, track.codec, sound], ['*', 'h264', undefined])
    assert.equal(track.payloadType, 96)
    assert.equal(track.control, 'trackID=1')
    assert.deepEqual(track.parameterSets, [new Uint8Array(SPS), new Uint8Array(PPS)])
  })

  it('is understood with an audio track first, bare line feeds and no parameter sets', () => {
    const media = 'm=audio 0 RTP/AVP 0\na=control:a\nm=video 0 RTP/AVP 97\na=rtpmap:97 h264/90000\na=control:v\n'
    const { video, sound } = parseDescription(sdpOf(media))
    assert.deepEqual(video, { codec: 'h264', payloadType: 97, control: 'v', parameterSets: [] })
    assert.deepEqual(sound, {
      payloadType: 0,
      control: 'a',
      track: { codec: 'pcmu', sampleRateHz: 8000, channels: 1 },
    })
  })

  it('without video, or interleaved by mode 2, is refused by name', () => {
    assert.throws(() => parseDescription(sdpOf('')), { kind: 'invalid' })
    assert.throws(() => parseDescription(SDP.replace('mode=1', 'mode=2')), { kind: 'unsupported' })
  })

  it('throws nothing but a LenscapError for any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary-ascii', maxLength: 200 }), (text) => {
        try {
          parseDescription(`${text}\nm=video 0 RTP/AVP 96\na=${text}\na=rtpmap:96 ${text}`)
        } catch (error) {
          assert.ok(error instanceof LenscapError)
        }
      }),
      { seed: 20_260_104, numRuns: 200 },
    )
  })
})

describe('the control of a track', () => {
  const dialled = new URL('rtsp://127.0.0.9:8554/live')
  const cases = [
    ['rtsp://127.0.0.9:8554/live', 'trackID=1', 'rtsp://127.0.0.9:8554/live/trackID=1'],
    ['rtsp://127.0.0.9:8554/live/', 'trackID=1', 'rtsp://127.0.0.9:8554/live/trackID=1'],
    // Dahua puts the track behind the query.
    [
      'rtsp://10.0.0.1/cam/realmonitor?channel=1&subtype=0/',
      'trackID=0',
      'rtsp://127.0.0.9:8554/cam/realmonitor?channel=1&subtype=0/trackID=0',
    ],
    ['rtsp://10.0.0.1/a', '?track=1', 'rtsp://127.0.0.9:8554/a?track=1'],
    ['rtsp://10.0.0.1/a', 'rtsp://user:word@203.0.113.7:99/b/c?d', 'rtsp://127.0.0.9:8554/b/c?d'],
    ['rtsp://10.0.0.1/a/', '*', 'rtsp://127.0.0.9:8554/a/'],
    ['rtsp://10.0.0.1/a/', undefined, 'rtsp://127.0.0.9:8554/a/'],
  ] as const

  it('is resolved as cameras mean it, always on the host that was dialled', () => {
    for (const [base, control, expected] of cases) assert.equal(resolveControl(base, control, dialled), expected)
  })

  it('cannot smuggle anything into a request', () => {
    for (const control of ['a b', 'a\r\nX: y', 'a"', 'ä', 'a'.repeat(3000)]) {
      assert.throws(() => resolveControl('rtsp://10.0.0.1/a', control, dialled), { kind: 'invalid' })
    }
  })
})
