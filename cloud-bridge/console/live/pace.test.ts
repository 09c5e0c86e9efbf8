import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Pace } from './pace.ts'

/** A video that is played as it is told, with pictures that come so late after their time; gives how far behind it ends. */
function behindAfter(
  seconds: number,
  lateOf: (picture: number) => number,
  startBehind = 0,
): { behind: number; jumps: number } {
  const pace = new Pace()
  const everyS = 1 / 15
  let [video, rate, clock, jumps, newest] = [-startBehind, 1, 0, 0, 0]
  for (let picture = 0; picture < seconds * 15; picture += 1) {
    const comes = picture * everyS + lateOf(picture)
    video += (comes - clock) * rate
    clock = comes
    newest = picture * everyS
    const step = pace.next(newest, video, clock)
    if ('seekTo' in step) {
      video = step.seekTo
      jumps += 1
    } else rate = step.rate
  }
  return { behind: newest - video, jumps }
}

describe('the pace of a live view', () => {
  it('stays close behind pictures that come evenly, and jumps there at first', () => {
    const { behind, jumps } = behindAfter(20, () => 0.02, 8)
    assert.ok(behind >= -0.01 && behind < 0.03, `${behind} s`)
    assert.equal(jumps, 1)
  })

  it('stays further behind pictures that come unevenly, so that nine of ten come in time', () => {
    const unevenly = (picture: number) => [0.02, 0.12, 0.05, 0.09, 0.02][picture % 5] ?? 0
    const { behind } = behindAfter(40, unevenly)
    const spare = behind - (0.12 - unevenly(40 * 15 - 1))
    assert.ok(spare > -0.02 && spare < 0.05, `${spare} s to spare`)
  })

  it('makes up for a stall within seconds, without a jump', () => {
    const { behind, jumps } = behindAfter(6, () => 0.02, 0.3)
    assert.ok(behind < 0.06, `${behind} s`)
    assert.equal(jumps, 0)
  })

  it('never leaves the rates at which nobody notices', () => {
    const pace = new Pace()
    for (const now of [-0.45, -0.2, 0, 0.2, 0.45]) {
      const step = pace.next(0, now, 0)
      assert.ok('seekTo' in step || (step.rate >= 0.9 && step.rate <= 1.25))
    }
  })
})
