import { setTimeout as sleep } from 'node:timers/promises'
import { type Effort, type Figure, figureOf, repeat } from '../figure.ts'
import type { Program } from '../program.ts'
import { startPeer, startSimulator } from './start.ts'

const CAMERAS = 1000
const BARE = `${CAMERAS.toLocaleString('en')} bare HTTP, TCP and UDP servers in Node`

interface Cost {
  readonly startMs: number
  /** Each, beyond what the first costs. */
  readonly rssKilobytes: number
  readonly cpuMs: number
}

/** What cameras cost that nobody asks anything, beside servers that could answer nothing. */
export async function idle({ runs, windowMs }: Effort): Promise<Figure[]> {
  const pairs = await repeat(runs, async () => {
    // One after the other at the start, side by side while they idle.
    await using simulator = await startSimulator(CAMERAS)
    await using bare = await startPeer('bare-servers', [String(CAMERAS)])
    const [ours, theirs] = await Promise.all([costOf(simulator, windowMs), costOf(bare, windowMs)])
    return { ours, theirs }
  })
  const single = {
    ours: await lone(() => startSimulator(1)),
    theirs: await lone(() => startPeer('bare-servers', ['1'])),
  }
  const each = (total: number, one: number) => (total - one) / (CAMERAS - 1)
  const seconds = `ms in ${windowMs / 1000} s`
  return [
    figureOf(
      { name: 'start of 1,000 cameras', unit: 'ms', peer: BARE, better: 'lower' },
      pairs.map(({ ours }) => ours.startMs),
      pairs.map(({ theirs }) => theirs.startMs),
    ),
    figureOf(
      { name: 'memory per idle camera', unit: 'KB', peer: BARE, better: 'lower' },
      pairs.map(({ ours }) => each(ours.rssKilobytes, single.ours)),
      pairs.map(({ theirs }) => each(theirs.rssKilobytes, single.theirs)),
    ),
    figureOf(
      { name: 'memory of 1,000 idle cameras', unit: 'MB', peer: BARE, better: 'lower' },
      pairs.map(({ ours }) => ours.rssKilobytes / 1024),
      pairs.map(({ theirs }) => theirs.rssKilobytes / 1024),
    ),
    figureOf(
      { name: 'processor time of 1,000 idle cameras', unit: seconds, peer: BARE, better: 'lower' },
      pairs.map(({ ours }) => ours.cpuMs),
      pairs.map(({ theirs }) => theirs.cpuMs),
    ),
    figureOf(
      { name: 'the same with an event every 9 s each', unit: seconds, peer: 'one core', better: 'lower' },
      await repeat(runs, () => lively(windowMs)),
      [windowMs],
    ),
  ]
}

/** Nobody listens, and yet things happen before the cameras. */
async function lively(windowMs: number): Promise<number> {
  await using simulator = await startSimulator(CAMERAS, ['--event-interval', '9000'])
  await sleep(FIRST_EVENTS_MS)
  return (await costOf(simulator, windowMs)).cpuMs
}

/** Most cameras have had their first event by then. */
const FIRST_EVENTS_MS = 9000

/** The garbage of the start is gone when this long has passed. */
const SETTLE_MS = 1000

async function costOf(program: Program, windowMs: number): Promise<Cost> {
  await sleep(SETTLE_MS)
  const before = program.cpuMs
  await sleep(windowMs)
  return { startMs: program.startMs, rssKilobytes: program.rssBytes / 1024, cpuMs: program.cpuMs - before }
}

async function lone(start: () => Promise<Program>): Promise<number> {
  await using program = await start()
  await sleep(SETTLE_MS)
  return program.rssBytes / 1024
}
