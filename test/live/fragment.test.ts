import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { LiveFragments } from '../../agent/media/live-fragments.ts'
import { LIVE_HEADER_BYTES, liveHeader } from '../../agent/protocol/live-message.ts'
import { ParameterSets } from '../../agent/rtsp/parameter-sets.ts'
import { PPS, SPS } from '../../agent/rtsp/testing.ts'
import { HEADER_BYTES, mimeOf, readMessage, timeOf } from '../../cloud-bridge/console/live/fragment.ts'

/** What the agent makes of pictures at these ticks. */
function pieces(...ticks: number[]): Uint8Array[] {
  const fragments = new LiveFragments()
  const parameters = ParameterSets.from([SPS, PPS], 'h264')
  const unit = (at: number, i: number) => ({
    data: Buffer.from('x'),
    keyframe: i === 0,
    ticks: at,
    arrivedAtMs: 0,
    parameters,
  })
  return ticks.flatMap((at, i) => fragments.take(unit(at, i)).map(({ parts }) => new Uint8Array(Buffer.concat(parts))))
}

const arrayBuffer = (bytes: Buffer): ArrayBuffer => new Uint8Array(bytes).buffer

describe('what the player reads of what the agent writes', () => {
  it('is the type of a message and its body', () => {
    assert.equal(HEADER_BYTES, LIVE_HEADER_BYTES)
    for (const type of ['head', 'init', 'key', 'delta'] as const) {
      const message = Buffer.concat([liveHeader({ type, number: 7, bytes: 2 }), Buffer.from('ab')])
      const read = readMessage(arrayBuffer(message))
      assert.deepEqual([read?.type, String.fromCharCode(...(read?.body ?? []))], [type, 'ab'])
    }
  })

  it('is nothing of what it does not know', () => {
    const message = liveHeader({ type: 'key', number: 0, bytes: 0 })
    message[0] = 2
    assert.equal(readMessage(arrayBuffer(message)), undefined)
    assert.equal(readMessage(new ArrayBuffer(3)), undefined)
    assert.equal(timeOf(new Uint8Array(100)), undefined)
    assert.equal(mimeOf(new Uint8Array(100)), undefined)
  })

  it('is the codec, and when each picture is shown', () => {
    const [init, ...rest] = pieces(1000, 7000, 19_000, 13_000)
    assert.equal(mimeOf(init ?? new Uint8Array()), 'video/mp4; codecs="avc1.640016"')
    assert.deepEqual(
      rest.map((fragment) => Math.round((timeOf(fragment) ?? -1) * 90_000)),
      [0, 6000, 18_000, 12_000],
    )
  })
})
