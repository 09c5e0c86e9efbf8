import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { DiagnosisCode, HealthLevel } from '../../agent/protocol/camera.ts'
import type { Box } from '../harness/box.ts'
import { House } from '../harness/house.ts'
import type { SimulatedEntry, SimulatedFacts } from '../harness/simulator-control.ts'
import { until } from '../harness/until.ts'

/** Each fault lasts so long at least. */
const OBSERVED_MS = 12_000

/** What a camera may be asked while it ails, whatever the agent tries: bursts and in the long run. */
const REQUESTS_PER_SECOND_MAX = 10
const REQUESTS_PER_TEN_SECONDS_MAX = 30
/** What is told in time on a machine of its own takes longer beside other tests. */
const PATIENCE = 3

interface Ailment {
  /** The camera that has it, by its place in the house. */
  readonly camera: number
  readonly fault: string
  readonly value?: number
  readonly level: HealthLevel
  readonly codes: readonly DiagnosisCode[]
  /** How long until the console shows it, at most. */
  readonly shownMs: number
  /** How long until the console shows that it is over; undefined where it takes more than a test has. */
  readonly goneMs?: number
  /** Whether to wait until its events come again as well, which takes some cameras long. */
  readonly isHeardAfter?: boolean
}

/** One camera each, all at once. */
const PROFILES = ['reolink', 'axis', 'reolink', 'tapo', 'axis', 'axis', 'hikvision', 'amcrest']
const AILMENTS: readonly Ailment[] = [
  {
    camera: 0,
    fault: 'unreachable',
    level: 'unreachable',
    codes: ['UNREACHABLE'],
    shownMs: 30_000,
    goneMs: 25_000,
    isHeardAfter: true,
  },
  {
    camera: 1,
    fault: 'slow-answers',
    value: 20_000,
    level: 'unreachable',
    codes: ['TIMEOUT'],
    shownMs: 40_000,
    goneMs: 25_000,
  },
  {
    camera: 2,
    fault: 'clock-skew',
    value: 3600,
    level: 'up',
    codes: ['CLOCK_SKEW'],
    shownMs: 15_000,
    goneMs: 20_000,
    isHeardAfter: true,
  },
  { camera: 4, fault: 'events-dead', level: 'up', codes: [], shownMs: 5000, goneMs: 5000, isHeardAfter: true },
  {
    camera: 5,
    fault: 'rtsp-stall',
    level: 'up',
    codes: ['STREAM_STALLED'],
    shownMs: 20_000,
    goneMs: 15_000,
    isHeardAfter: true,
  },
  { camera: 6, fault: 'auth-lockout', level: 'up-without-auth', codes: ['LOCKED_OUT'], shownMs: 20_000 },
]
/** Set before the agent first comes, since the agent holds the slots that it has. */
const SLOTLESS = 3

async function healthAt(house: House, { address }: SimulatedFacts) {
  const { cameras } = await house.owner.overview()
  const health = cameras.find(({ facts }) => facts.address === address)?.health
  return { level: health?.level, codes: (health?.diagnoses ?? []).map(({ code }) => code).toSorted() }
}

async function shows(
  house: House,
  camera: SimulatedFacts,
  level: HealthLevel,
  codes: readonly DiagnosisCode[],
  timeoutMs: number,
) {
  const seen: string[] = []
  const what = () => `${camera.id}: ${level} ${codes.join()}; it was ${seen.at(-1)}`
  await until(
    camera.id,
    async () => {
      const health = await healthAt(house, camera)
      seen.push(`${health.level} ${health.codes.join()}`)
      return health.level === level && health.codes.join() === codes.join()
    },
    timeoutMs * PATIENCE,
  ).catch(() => assert.fail(what()))
}

/** The most that the camera was asked within any span of that length. */
function busiest(entries: readonly SimulatedEntry[], spanMs: number): number {
  const times = entries.map(({ at }) => at)
  return Math.max(0, ...times.map((start) => times.filter((at) => at >= start && at < start + spanMs).length))
}

/** What clients did with a camera since then: requests, and connections that brought none. */
async function asked(house: House, { id }: SimulatedFacts, since: number): Promise<SimulatedEntry[]> {
  const { entries } = await house.simulator.journal(id)
  return entries.filter(({ at, kind, protocol, outcome }) => {
    const counts = kind === 'request' || outcome === 'refused'
    return at >= since && counts && protocol !== 'discovery'
  })
}

/** How often the camera was asked for a subscription with the right credential. */
async function slotsAskedFor(house: House, { id }: SimulatedFacts): Promise<number> {
  const { entries } = await house.simulator.journal(id)
  const asked = ({ operation, credential }: SimulatedEntry) =>
    operation === 'CreatePullPointSubscription' && credential === 'accepted'
  return entries.filter(asked).length
}

/** Events of the camera come through to the console. It is stirred again and again: one may fall before the subscription. */
async function isHeard(house: House, camera: SimulatedFacts, timeoutMs: number): Promise<void> {
  const since = Date.now()
  let raisedAt = 0
  await until(
    `${camera.id} is heard again`,
    async () => {
      if (Date.now() - raisedAt > 2000) {
        raisedAt = Date.now()
        await house.simulator.raise(camera.id, 'motion')
      }
      const { cameras } = await house.owner.overview()
      const last = cameras.find(({ facts }) => facts.address === camera.address)?.lastEvent
      return last?.event.kind === 'motion' && last.at >= since
    },
    timeoutMs * PATIENCE,
  )
}

describe('cameras that misbehave', { concurrency: true, timeout: 300_000 }, () => {
  test('each fault is named in the console, costs the camera little, and is over when it is over', async (t) => {
    await using house = await House.build({ signal: t.signal, profiles: PROFILES })
    const simulated = await house.simulator.cameras()
    const [slotless, healthy] = [simulated[SLOTLESS], simulated.at(-1)]
    assert.ok(slotless && healthy)
    await house.simulator.setFault(slotless.id, 'slots-full')
    const startedAt = Date.now()
    const box = await house.move('box')
    const known = await house.cameras(PROFILES.length)
    const stalling = known.find(({ facts }) => facts.address === simulated[5]?.address)
    await house.owner.allow(stalling?.id ?? '', ['clip'])
    await until(
      'its stream is taken',
      async () => (await house.simulator.journal(simulated[5]?.id ?? '')).counts.rtspConnections > 0,
    )
    for (const camera of simulated) if (camera !== slotless) await shows(house, camera, 'up', [], 15_000)

    await shows(house, slotless, 'up', ['SLOTS_FULL'], 15_000)
    const runs = AILMENTS.map((ailment) => suffer(house, box, simulated, ailment))
    for (const words of await Promise.all(runs)) t.diagnostic(words)
    const creations = await slotsAskedFor(house, slotless)
    const minutes = Math.ceil((Date.now() - startedAt) / 60_000)
    assert.ok(creations <= minutes, `asked ${creations} times for a slot within ${minutes} minutes`)
    await shows(house, healthy, 'up', [], 1000)
    assert.equal(box.running, true, 'the agent has lived through all of it')
  })

  test('a wrong password is sent to each camera once, and never again', async (t) => {
    await using house = await House.build({
      signal: t.signal,
      profiles: ['reolink', 'axis', 'tapo', 'hikvision', 'amcrest', 'nvr'],
    })
    const wrong = join(house.folder, 'wrong-password')
    writeFileSync(wrong, 'Passwort-von-gestern\n', { mode: 0o600 })
    await house.move('box', wrong)
    const simulated = await house.simulator.cameras()
    for (const camera of simulated) await shows(house, camera, 'up-without-auth', ['AUTH_REJECTED'], 20_000)
    // Three more rounds of looking for cameras, in which nothing may be tried again: that can only be waited for.
    await sleep(16_000)
    for (const { id } of simulated) {
      const { counts } = await house.simulator.journal(id)
      assert.equal(counts.refusedCredentials, 1, id)
    }
  })
})

/** One camera's fault from its beginning to its end. */
async function suffer(house: House, box: Box, simulated: readonly SimulatedFacts[], ailment: Ailment): Promise<string> {
  const { fault, value, level, codes, shownMs, goneMs } = ailment
  const camera = simulated[ailment.camera]
  assert.ok(camera)
  const since = Date.now()
  await house.simulator.setFault(camera.id, fault, value)
  await house.simulator.raise(camera.id, 'motion')
  await shows(house, camera, level, codes, shownMs)
  const shownAfterMs = Date.now() - since
  // What it costs the camera meanwhile shows only in time.
  await sleep(Math.max(0, OBSERVED_MS - shownAfterMs))
  const entries = await asked(house, camera, since)
  const [second, tenSeconds] = [busiest(entries, 1000), busiest(entries, 10_000)]
  const words = `${fault}: shown after ${shownAfterMs} ms; ${entries.length} requests, ${second} in the busiest second, ${tenSeconds} in ten`
  assert.ok(second <= REQUESTS_PER_SECOND_MAX && tenSeconds <= REQUESTS_PER_TEN_SECONDS_MAX, words)
  if (fault === 'auth-lockout')
    assert.ok(entries.filter(({ credential }) => credential === 'refused').length <= 3, words)
  assert.equal(box.running, true, fault)
  await house.simulator.clearFault(camera.id, fault)
  if (goneMs === undefined) return words
  const clearedAt = Date.now()
  await until(
    `${fault} is over`,
    async () => {
      const now = await healthAt(house, camera)
      return now.level === 'up' && !codes.some((code) => now.codes.includes(code))
    },
    goneMs * PATIENCE,
  )
  const goneAfterMs = Date.now() - clearedAt
  if (ailment.isHeardAfter) await isHeard(house, camera, 40_000)
  return `${words}; over after ${goneAfterMs} ms, all done after ${Date.now() - clearedAt} ms`
}
