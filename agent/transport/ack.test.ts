import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isAhead, settledUpTo } from './ack.ts'
import { changedMuch } from './presence.ts'

describe('what an acknowledgement settles', () => {
  for (const [what, upTo, ahead, oldest, settled] of [
    ['the cumulative number', 7, [], 3, 7],
    ['nothing above a gap that the box can still fill', 7, [[9, 20]], 3, 7],
    [
      'ranges that follow without a gap, in any order',
      7,
      [
        [13, 20],
        [8, 12],
      ],
      3,
      20,
    ],
    ['what is committed above messages that the box let go itself', 4, [[125, 200]], 125, 200],
    ['nothing new, where only what the box let go is missing', 4, [], 125, 124],
  ] satisfies [string, number, [number, number][], number, number][]) {
    it(what, () => assert.equal(settledUpTo({ upTo, ahead }, oldest), settled))
  }

  it('tells which numbers need not be sent again', () => {
    assert.equal(isAhead({ ahead: [[9, 20]] }, 9), true)
    assert.equal(isAhead({ ahead: [[9, 20]] }, 8), false)
  })
})

describe('a status', () => {
  const facts = { version: '1', uptimeS: 5, cap: false, spool: { messages: 10, bytes: 100, dropped: 0 } }
  const spool = (messages: number, dropped = 0) => ({ ...facts, spool: { messages, bytes: 1, dropped } })

  it('is told anew when the cap moves, messages were let go, or the queue grew or shrank by much', () => {
    assert.equal(changedMuch(facts, { ...facts, cap: true }), true)
    assert.equal(changedMuch(facts, spool(10, 1)), true)
    assert.equal(changedMuch(facts, spool(200)), true)
    assert.equal(changedMuch(spool(200), facts), true)
  })

  it('is not told anew for every message', () => {
    assert.equal(changedMuch(facts, { ...spool(60), uptimeS: 9 }), false)
    assert.equal(changedMuch(spool(1000), spool(1100)), false)
  })
})
