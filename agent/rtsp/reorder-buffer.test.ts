import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { ReorderBuffer } from './reorder-buffer.ts'
import type { RtpPacket } from './rtp.ts'

const packet = (sequence: number): RtpPacket => ({
  sequence: sequence & 0xffff,
  payload: Buffer.from([sequence & 0xff]),
  payloadType: 96,
  marker: false,
  timestamp: 0,
  ssrc: 1,
})

/** What comes out for what goes in, all at one moment unless told. */
function ordered(sequences: readonly number[], atMs: (i: number) => number = () => 0) {
  const delivered: number[] = []
  const buffer = new ReorderBuffer(({ sequence }) => delivered.push(sequence), { packetsMax: 8, holdMs: 100 })
  for (const [i, sequence] of sequences.entries()) {
    const one = packet(sequence)
    buffer.push(one, atMs(i))
    // The socket's buffer is used again: what was kept must be a copy.
    one.payload.fill(0xee)
  }
  return delivered
}

describe('the reorder buffer', () => {
  it('puts right what comes a little early or twice, over the wrap', () => {
    const mixed = [65_534, 0, 65_535, 65_535, 1, 4, 3, 2, 2, 5]
    assert.deepEqual(ordered(mixed), [65_534, 65_535, 0, 1, 2, 3, 4, 5])
  })

  it('gives any order back where nothing is further from its place than it may hold', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 65_535 }),
        fc.array(fc.nat({ max: 7 }), { maxLength: 60 }),
        (from, delays) => {
          const late = delays.map((delay, i) => ({ sequence: from + 1 + i, place: i + delay }))
          const sent = late.toSorted((a, b) => a.place - b.place).map(({ sequence }) => sequence)
          const expected = [from, ...delays.map((_, i) => from + 1 + i)].map((sequence) => sequence & 0xffff)
          assert.deepEqual(ordered([from, ...sent]), expected)
        },
      ),
      { seed: 20_261_103, numRuns: 200 },
    )
  })

  it('goes on without what does not come: not for more packets, and not for longer, than it may', () => {
    const gap = Array.from({ length: 9 }, (_, i) => 102 + i)
    assert.deepEqual(ordered([100, ...gap]), [100, ...gap])
    assert.deepEqual(ordered([100, 102]), [100])
    assert.deepEqual(
      ordered([100, 102, 103], (i) => i * 90),
      [100],
    )
    assert.deepEqual(ordered([100, 102, 103, 101], (i) => i * 101), [100, 102, 103]) // biome-ignore format: short
  })

  it('takes a far jump for a new beginning, and lets go of what it holds', () => {
    assert.deepEqual(ordered([100, 102, 9000, 9001]), [100, 102, 9000, 9001])
  })
})
