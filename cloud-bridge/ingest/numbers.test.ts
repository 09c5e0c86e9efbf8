import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { addNumber, isCommitted, NO_NUMBERS, type Numbers, RANGES_MAX } from './numbers.ts'

const take = (...seqs: number[]): Numbers =>
  seqs.reduce((numbers, seq) => (isCommitted(numbers, seq) ? numbers : addNumber(numbers, seq)), NO_NUMBERS)

describe('the numbers of a stream', () => {
  for (const [seqs, upTo, ahead] of [
    [[1, 2, 3], 3, []],
    [[2], 0, [[2, 2]]],
    [[2, 1], 2, []],
    [[5, 3, 4], 0, [[3, 5]]],
    [[1, 3, 5, 4], 1, [[3, 5]]],
    [[1, 3, 5, 4, 2], 5, []],
    [[1, 1, 1], 1, []],
  ] as const) {
    it(`are ${upTo} and ${JSON.stringify(ahead)} after ${seqs}`, () => {
      assert.deepEqual(take(...seqs), { upTo, ahead })
    })
  }

  it('say of every number whether it was taken, in whatever order they come', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 40 })), (seqs) => {
        const numbers = take(...seqs)
        for (let seq = 1; seq <= 41; seq += 1) assert.equal(isCommitted(numbers, seq), seqs.includes(seq))
        assert.ok(numbers.ahead.every(([from], i) => from > (numbers.ahead[i - 1]?.[1] ?? numbers.upTo) + 1))
      }),
    )
  })

  it('stay bounded: the lowest gap is given up', () => {
    const numbers = take(...Array.from({ length: RANGES_MAX + 1 }, (_, i) => 10 + 2 * i))
    assert.equal(numbers.ahead.length, RANGES_MAX)
    assert.equal(numbers.upTo, 10)
  })
})
