import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Clock } from '../base/clock.ts'
import { Pace } from './pace.ts'

/** Time that passes only while somebody sleeps. */
function time(nowMs = 0) {
  const clock: Clock & { ms: number } = {
    ms: 0,
    nowMs: () => nowMs + clock.ms,
    monotonicMs: () => clock.ms,
    sleep: async (ms) => {
      clock.ms += ms
    },
  }
  return clock
}

const at = (hour: number, minute: number) => new Date(2026, 5, 15, hour, minute).getTime()
const forever = new AbortController().signal

describe('the pace of uploads', () => {
  it('is what was set, over any while that is longer than a burst', async () => {
    const clock = time()
    const pace = new Pace({ rateKbps: 800 }, clock)
    for (let n = 0; n < 100; n += 1) await pace.take(50_000, forever)
    // 5,000,000 bytes at 100,000 a second, less the burst of a second.
    assert.equal(clock.ms, 49_000)
  })

  it('saves up no more than a burst while nothing leaves', async () => {
    const clock = time()
    const pace = new Pace({ rateKbps: 800 }, clock)
    clock.ms = 3_600_000
    for (let n = 0; n < 4; n += 1) await pace.take(50_000, forever)
    assert.equal(clock.ms, 3_601_000)
  })

  it('is as fast as the line is where nothing was set', async () => {
    const clock = time()
    const pace = new Pace({}, clock)
    for (let n = 0; n < 100; n += 1) await pace.take(10_000_000, forever)
    assert.deepEqual([clock.ms, pace.closedForMs()], [0, 0])
  })

  it('is nothing at all outside of the hours, also where they go over midnight', async () => {
    for (const [hours, hour, minute, closedMinutes] of [
      ['22:00-06:00', 23, 59, 0],
      ['22:00-06:00', 0, 0, 0],
      ['22:00-06:00', 5, 59, 0],
      ['22:00-06:00', 6, 0, 16 * 60],
      ['22:00-06:00', 21, 59, 1],
      ['09:30-17:00', 9, 30, 0],
      ['09:30-17:00', 9, 29, 1],
      ['09:30-17:00', 17, 0, 16.5 * 60],
    ] as const) {
      const pace = new Pace({ hours }, time(at(hour, minute)))
      assert.equal(pace.closedForMs(), closedMinutes * 60_000, `${hours} at ${hour}:${minute}`)
      if (closedMinutes > 0) await assert.rejects(pace.take(1, forever), { kind: 'busy' })
      else await pace.take(1, forever)
    }
  })
})
