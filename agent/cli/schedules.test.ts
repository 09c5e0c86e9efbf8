import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { type Clock, systemClock } from '../base/clock.ts'
import { silentLogger } from '../base/logger.ts'
import { runSchedules } from './schedules.ts'

/** Time that passes at once, and what is done at which hour and minute. `plan` may set the clock or stop it all. */
function bench(t: TestContext, startsAt: string, plan: (asleep: number) => string | 'stop' | undefined) {
  t.mock.timers.enable({ apis: ['Date'], now: Date.parse(startsAt) })
  const stop = new AbortController()
  let asleep = 0
  const clock: Clock = {
    ...systemClock,
    sleep: async (ms) => {
      asleep += 1
      const step = plan(asleep)
      if (step === 'stop') stop.abort()
      t.mock.timers.setTime(step && step !== 'stop' ? Date.parse(step) : Date.now() + ms)
    },
  }
  return { clock, logger: silentLogger, signal: stop.signal }
}

const time = () => new Date().toISOString().slice(0, 16)

describe('schedules', () => {
  it('run a job at its times, and end with the signal', async (t) => {
    const done: string[] = []
    const deps = bench(t, '2026-03-01T10:00:30Z', (asleep) => (asleep > 60 ? 'stop' : undefined))
    const work = async () => void done.push(time())
    await runSchedules([{ name: 'a', expression: '*/10 * * * *', work }], deps)
    assert.deepEqual(done, ['2026-03-01T10:10', '2026-03-01T10:20', '2026-03-01T10:30'])
  })

  it('go on after a job that fails', async (t) => {
    let times = 0
    const deps = bench(t, '2026-03-01T10:00:30Z', (asleep) => (asleep > 50 ? 'stop' : undefined))
    const work = async () => {
      times += 1
      throw new Error('no luck')
    }
    await runSchedules([{ name: 'a', expression: '*/10 * * * *', work }], deps)
    assert.equal(times, 2)
  })

  it('never run a job beside itself: times that pass while it runs are left out', async (t) => {
    const done: string[] = []
    const deps = bench(t, '2026-03-01T10:00:30Z', (asleep) => (asleep > 10 ? 'stop' : undefined))
    const work = async () => {
      done.push(time())
      if (done.length === 1) t.mock.timers.setTime(Date.parse('2026-03-01T10:04:10Z'))
    }
    await runSchedules([{ name: 'a', expression: '* * * * *', work }], deps)
    assert.deepEqual(done.slice(0, 3), ['2026-03-01T10:01', '2026-03-01T10:05', '2026-03-01T10:06'])
  })

  it('take half a century in one step when a box without a battery learns the time', async (t) => {
    const done: string[] = []
    const plan = (asleep: number) => (asleep === 2 ? '2026-03-01T10:00:05Z' : asleep > 6 ? 'stop' : undefined)
    const { user } = process.cpuUsage()
    const work = async () => void done.push(time())
    await runSchedules([{ name: 'a', expression: '*/5 * * * *', work }], bench(t, '1970-01-01T00:00:10Z', plan))
    assert.deepEqual(done, ['2026-03-01T10:00'])
    assert.ok(process.cpuUsage().user - user < 2_000_000, 'microseconds: a step for each five minutes takes longer')
  })

  it('do not wait for years when the clock is set back', async (t) => {
    const done: string[] = []
    const plan = (asleep: number) => (asleep === 2 ? '2026-03-01T09:59:50Z' : asleep > 4 ? 'stop' : undefined)
    const work = async () => void done.push(time())
    await runSchedules([{ name: 'a', expression: '0 * * * *', work }], bench(t, '2036-01-01T00:00:10Z', plan))
    assert.deepEqual(done, ['2026-03-01T10:00'])
  })
})
