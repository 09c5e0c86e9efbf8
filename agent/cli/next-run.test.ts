import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createTask } from 'node-cron'
import { nextRunMs } from './next-run.ts'

const at = (text: string) => new Date(text).getTime()

describe('the next run', () => {
  it('is the first time after now that the expression names', () => {
    const now = at('2026-03-01T10:07:30')
    const cases = {
      '*/10 * * * *': '2026-03-01T10:10:00',
      '17 3 * * *': '2026-03-02T03:17:00',
      '7 10 * * *': '2026-03-02T10:07:00',
      '*/20 * * * * *': '2026-03-01T10:07:40',
      '0 0 29 2 *': '2028-02-29T00:00:00',
      '30 4 * * mon': '2026-03-02T04:30:00',
      '30 4 * * 7': '2026-03-08T04:30:00',
      '0 12 1,15 jan-feb *': '2027-01-01T12:00:00',
    }
    for (const [expression, expected] of Object.entries(cases)) {
      assert.equal(nextRunMs(expression, now), at(expected), expression)
    }
  })

  it('is what node-cron says, also for days that are counted from the end of the month', (t) => {
    t.mock.timers.enable({ apis: ['Date'], now: at('2026-03-01T10:07:30') })
    for (const expression of ['*/7 * * * *', '0 6-18/3 * * 1-5', '5 0 * 8 *', '23 5 L * *', '0 0 * * 1#2']) {
      const task = createTask(expression, () => {})
      assert.equal(nextRunMs(expression, Date.now()), task.getNextRuns(1)[0]?.getTime(), expression)
      void task.destroy()
    }
  })
})
