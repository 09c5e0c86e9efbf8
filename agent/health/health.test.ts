import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LenscapError } from '../base/errors.ts'
import { CameraHealth, DiagnosisCode, HealthFacts } from '../protocol/camera.ts'
import { ADVICE } from './advice.ts'
import { assess, type Observation } from './assess.ts'
import { HealthMonitor } from './monitor.ts'

const well: Observation = { answer: 'onvif', events: 'watching', latencyMs: 3.4, clockSkewMs: 200, lastSeenAt: 1 }

const TABLE: readonly [string, Partial<Observation>, string, string[]][] = [
  ['all well', {}, 'up', []],
  ['nothing answers', { answer: 'nothing', refusal: 'credential' }, 'unreachable', ['UNREACHABLE']],
  ['a connection that breaks', { answer: 'cut' }, 'unreachable', ['UNREACHABLE']],
  ['too late', { answer: 'late', events: 'interrupted' }, 'unreachable', ['TIMEOUT']],
  ['no ONVIF', { answer: 'nonsense' }, 'reachable', ['MALFORMED_REPLY']],
  ['a reply made no sense', { malformed: 'not XML' }, 'up', ['MALFORMED_REPLY']],
  ['no password', { refusal: 'no-credential' }, 'up-without-auth', ['NO_CREDENTIAL']],
  ['a wrong password', { refusal: 'credential' }, 'up-without-auth', ['AUTH_REJECTED']],
  ['too few rights', { refusal: 'operation', events: 'unsupported' }, 'up', ['AUTH_REJECTED', 'EVENTS_UNSUPPORTED']],
  ['a login that shows the password', { refusal: 'scheme' }, 'up-without-auth', ['AUTH_UNSUPPORTED']],
  ['locked out', { refusal: 'locked-out' }, 'up-without-auth', ['LOCKED_OUT']],
  ['a clock an hour slow', { clockSkewMs: -3_600_000 }, 'up', ['CLOCK_SKEW']],
  ['a clock that it insists on', { refusal: 'clock' }, 'up-without-auth', ['CLOCK_SKEW']],
  ['busy for everybody', { answer: 'busy', refusal: 'locked-out' }, 'reachable', ['SLOTS_FULL']],
  ['a date that does not exist', { clockSkewMs: undefined, isDateless: true }, 'up', ['CLOCK_SKEW']],
  ['another device', { refusal: 'identity' }, 'up-without-auth', ['IDENTITY_CHANGED']],
  ['no connection free', { refusal: 'slots' }, 'up', ['SLOTS_FULL']],
  ['no slot', { events: 'slots-full' }, 'up', ['SLOTS_FULL']],
  ['no pull points', { events: 'unsupported' }, 'up', ['EVENTS_UNSUPPORTED']],
  ['events interrupted', { events: 'interrupted' }, 'up', ['EVENTS_INTERRUPTED']],
  ['no picture', { streamTrouble: { code: 'STREAM_STALLED', detail: 'silence' } }, 'up', ['STREAM_STALLED']],
  [
    'no picture of who is dead anyway',
    { answer: 'nothing', streamTrouble: { code: 'STREAM_STALLED', detail: 'silence' } },
    'unreachable',
    ['UNREACHABLE'],
  ],
  [
    'locked out, for streams too',
    { refusal: 'locked-out', streamTrouble: { code: 'LOCKED_OUT', detail: 'refused' } },
    'up-without-auth',
    ['LOCKED_OUT'],
  ],
  ['moved', { movedFrom: '10.0.0.9' }, 'up', ['IP_CHANGED']],
]

for (const [name, seen, level, codes] of TABLE) {
  test(`health: ${name}`, () => {
    const health = HealthFacts.parse(assess({ ...well, ...seen }))
    assert.equal(health.level, level)
    assert.deepEqual(
      health.diagnoses.map(({ code }) => code),
      codes,
    )
  })
}

test('what is measured goes along in whole milliseconds', () => {
  const health = assess(well)
  assert.deepEqual([health.latencyMs, health.clockSkewMs, health.lastSeenAt], [3, 200, 1])
  assert.ok(CameraHealth.safeParse({ v: 1, at: 1, seq: 1, health }).success)
})

test('every diagnosis comes with one sentence of advice', () => {
  for (const code of DiagnosisCode.options) assert.match(ADVICE[code], /^[A-Z][^.]*\.$/)
})

/** Time that passes only by being slept through. */
function playedClock() {
  let nowMs = 1_000_000
  const sleep = async (ms: number, signal?: AbortSignal) => {
    signal?.throwIfAborted()
    nowMs += ms
    await new Promise(setImmediate)
  }
  return { nowMs: () => nowMs, monotonicMs: () => nowMs, sleep, pass: (ms: number) => (nowMs += ms) }
}

/** A device as the monitor sees it; each probe takes what the script says. */
function monitored(probe: (clock: ReturnType<typeof playedClock>) => void) {
  const clock = playedClock()
  const controller = new AbortController()
  const device = {
    clock: { skewMs: 0, latencyMs: 1, anonymous: true },
    readClock: async () => {
      probe(clock)
      return device.clock
    },
  }
  const monitor = new HealthMonitor({
    device: () => device,
    trouble: () => undefined,
    clock,
    signal: controller.signal,
  })
  return { monitor, clock, stop: () => controller.abort() }
}

test('a device that dies is told within 30 s, and one that comes back with the next probe', async () => {
  let dead = false
  let diedMs = 0
  const { monitor, clock, stop } = monitored((time) => {
    if (!dead) return
    time.pass(5_000)
    throw new LenscapError('timeout', 'late')
  })
  const levels: [string, number][] = []
  for await (const { level } of monitor.run()) {
    levels.push([level, clock.nowMs() - diedMs])
    if (levels.length === 1) [dead, diedMs] = [true, clock.nowMs()]
    if (level === 'unreachable') [dead, diedMs] = [false, clock.nowMs()]
    if (levels.length === 3) stop()
    if (levels.length > 10) break
  }
  assert.deepEqual(
    levels.map(([level]) => level),
    ['up', 'unreachable', 'up'],
  )
  assert.ok(
    levels.slice(1).every(([, ms]) => ms <= 30_000),
    JSON.stringify(levels),
  )
})

test('a device is asked twice within 30 s of its last word, also where that came a moment after it was looked at', async () => {
  let heardMs: number | undefined
  const failedAfterMs: number[] = []
  const { monitor, clock, stop } = monitored((time) => {
    if (heardMs === undefined) return
    time.pass(5_000)
    failedAfterMs.push(time.nowMs() - heardMs)
    throw new LenscapError('timeout', 'late')
  })
  const sleep = clock.sleep
  clock.sleep = async (ms, signal) => {
    if (heardMs !== undefined) return await sleep(ms, signal)
    await sleep(200, signal)
    heardMs = clock.nowMs()
    monitor.answered()
    await sleep(ms - 200, signal)
  }
  for await (const { level } of monitor.run()) if (level === 'unreachable') stop()
  const toldMs = failedAfterMs[1] ?? Number.POSITIVE_INFINITY
  assert.ok(toldMs <= 30_000, `${toldMs} ms`)
})

test('a device that was never seen alive is dead at once', async () => {
  const { monitor, stop } = monitored(() => {
    throw new LenscapError('unreachable', 'nothing')
  })
  for await (const health of monitor.run()) {
    assert.equal(health.level, 'unreachable')
    stop()
  }
})

test('a pull point that answers counts as life: the device is asked its time once a minute only', async () => {
  let probes = 0
  const { monitor, clock, stop } = monitored(() => {
    probes += 1
  })
  const sleep = clock.sleep
  const untilMs = clock.nowMs() + 300_000
  clock.sleep = async (ms, signal) => {
    await sleep(ms, signal)
    if (clock.nowMs() < untilMs) monitor.answered()
    else stop()
  }
  for await (const { level } of monitor.run()) assert.equal(level, 'up')
  assert.ok(probes >= 5 && probes <= 6, `${probes} probes`)
})

test('what stays the same is told every ten minutes, and what changes at once', async () => {
  let dead = false
  const { monitor, clock, stop } = monitored(() => {
    if (dead) throw new LenscapError('unreachable', 'gone')
  })
  const startedMs = clock.monotonicMs()
  const told: [minute: number, level: string][] = []
  for await (const { level } of monitor.run()) {
    const minute = Math.floor((clock.monotonicMs() - startedMs) / 60_000)
    told.push([minute, level])
    if (minute >= 30) dead = true
    if (minute > 31) stop()
  }
  assert.deepEqual(told.slice(0, 5), [
    [0, 'up'],
    [10, 'up'],
    [20, 'up'],
    [30, 'up'],
    [30, 'unreachable'],
  ])
})

test('a device that is said to have gone is asked at once, once in five seconds, and only its silence counts', async () => {
  let [dead, probes] = [false, 0]
  const { monitor, clock, stop } = monitored(() => {
    probes += 1
    if (dead) throw new LenscapError('unreachable', 'gone')
  })
  // Time does not pass by itself here: only what is said wakes the monitor.
  clock.sleep = (_, signal) => new Promise((resolve) => signal?.addEventListener('abort', () => resolve()))
  const settle = async () => {
    for (let i = 0; i < 20; i += 1) await new Promise(setImmediate)
  }
  const levels: string[] = []
  const following = (async () => {
    for await (const { level } of monitor.run()) levels.push(level)
  })()
  const said = async (times: number) => {
    for (let i = 0; i < times; i += 1) monitor.look()
    await settle()
    return [probes, ...levels]
  }
  await settle()
  assert.deepEqual(await said(100), [2, 'up'])
  dead = true
  assert.deepEqual(await said(100), [2, 'up'])
  clock.pass(5_000)
  assert.deepEqual(await said(100), [3, 'up'])
  clock.pass(5_000)
  assert.deepEqual(await said(1), [4, 'up', 'unreachable'])
  stop()
  monitor.look()
  await following
})
