import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Clock } from './clock.ts'
import { keepRunning } from './retry.ts'

const POLICY = { firstDelayMs: 1000, delayMsMax: 8000, steadyAfterMs: 60_000 }

/** Runs work that lasts so long and fails or not, time after time; gives the waits between. */
async function waits(lives: readonly { readonly lastsMs: number; readonly fails: boolean }[], random: number) {
  const stopping = new AbortController()
  const slept: number[] = []
  let nowMs = 0
  const clock: Clock = {
    nowMs: () => nowMs,
    monotonicMs: () => nowMs,
    sleep: async (ms) => {
      slept.push(ms)
      nowMs += ms
    },
  }
  let life = 0
  const told: number[] = []
  await keepRunning(
    async () => {
      const { lastsMs = 0, fails = false } = lives[life] ?? {}
      life += 1
      nowMs += lastsMs
      if (life > lives.length) stopping.abort()
      if (fails) throw new Error('it failed')
    },
    POLICY,
    { clock, random: () => random, signal: stopping.signal, onError: (_, nextMs) => told.push(nextMs) },
  )
  return { slept, told }
}

const fails = (count: number, lastsMs = 10) => Array.from({ length: count }, () => ({ lastsMs, fails: true }))

describe('work that is tried again', () => {
  it('waits twice as long each time, up to a bound, and says so', async () => {
    const { slept, told } = await waits(fails(6), 0)
    assert.deepEqual(slept, [1000, 2000, 4000, 8000, 8000, 8000])
    assert.deepEqual(told, slept)
  })

  it('waits up to half of that less by chance, so that a fleet does not come back in step', async () => {
    assert.deepEqual((await waits(fails(4), 0.999_999)).slept, [500, 1000, 2000, 4000])
    assert.deepEqual((await waits(fails(4), 0.5)).slept, [750, 1500, 3000, 6000])
  })

  it('begins at the first wait again after it went well, or for long', async () => {
    const lives = [
      ...fails(3),
      { lastsMs: 10, fails: false },
      ...fails(2),
      ...fails(1, POLICY.steadyAfterMs),
      ...fails(1),
    ]
    assert.deepEqual((await waits(lives, 0)).slept, [1000, 2000, 4000, 1000, 1000, 2000, 1000, 2000])
  })

  it('never waits longer than the bound, however often it failed', async () => {
    const { slept } = await waits(fails(2000), 0)
    assert.equal(Math.max(...slept), POLICY.delayMsMax)
  })
})
