import { setTimeout as sleep } from 'node:timers/promises'
import { type FaultBed, startBed } from './bed.ts'
import { isWell, nameOf, type Outcome, set, type TrialPlan, wordsOf } from './trial.ts'

/** What one fault did to a camera whose clips and pictures its owner allows. */
export interface StreamOutcome extends Outcome {
  /** Every code that was said of it while the fault was on. */
  readonly said: readonly string[]
  /** Clips and pictures that came while the fault was on, and the bytes of the largest. */
  readonly clips: number
  readonly pictures: number
  readonly bytesMax: number
  readonly rtspPerMinute: number
  /** Of all cameras of the trial, of agent and simulator together. */
  readonly residentMbMax: number
}

const LOOK_MS = 500
/** As for those that are not recorded: on a busy machine. */
const SETTLE_S = 180
const MOTION_EVERY_S = 6

/** What is under way when a fault begins still comes. */
const IN_HAND_S = 8

/** What was seen of one camera since the last `forget`. */
interface Seen {
  readonly clips: Set<string>
  readonly pictures: Set<string>
  readonly said: Set<string>
  words: string
  bytesMax: number
}

/** Looks at everything again and again, and lets something move in front of every camera. */
class Watch {
  readonly #bed: FaultBed
  readonly #known = new Set<string>()
  readonly #movedS = { last: Number.NEGATIVE_INFINITY }
  residentMbMax = 0
  seen: Seen[] = []

  constructor(bed: FaultBed) {
    this.#bed = bed
    this.forget()
  }

  forget(): void {
    const nothing = () => ({ clips: new Set<string>(), pictures: new Set<string>(), said: new Set<string>() })
    this.seen = this.#bed.cameras.map((_, i) => ({
      ...nothing(),
      words: this.seen[i]?.words ?? 'unknown',
      bytesMax: 0,
    }))
  }

  /** For so long, or until it is enough. @throws Error when the agent ends */
  async go(forS: number, isEnough: (s: number) => boolean = () => false): Promise<void> {
    const startedMs = performance.now()
    const ended = this.#bed.running.then(() => {
      throw new Error('The agent has ended by itself')
    })
    ended.catch(() => {}) // raced for below
    for (let s = 0; s < forS; s = (performance.now() - startedMs) / 1000) {
      this.#look()
      if (isEnough(s)) return
      await Promise.race([sleep(LOOK_MS), ended])
    }
  }

  #look(): void {
    const { cameras } = this.#bed
    const healths = this.#bed.look()
    const indices = new Map(cameras.map(({ address }, i) => [address, i]))
    for (const [i, camera] of cameras.entries()) {
      const seen = this.seen[i]
      if (!seen) continue
      seen.words = wordsOf(healths.get(camera.address))
      for (const code of seen.words.split(' ').slice(1)) seen.said.add(code)
    }
    for (const { item, kind, address, bytes } of this.#bed.taken()) {
      const seen = this.seen[indices.get(address) ?? -1]
      if (!seen || this.#known.has(item)) continue
      this.#known.add(item)
      seen[kind === 'clip' ? 'clips' : 'pictures'].add(item)
      seen.bytesMax = Math.max(seen.bytesMax, bytes)
    }
    this.residentMbMax = Math.max(this.residentMbMax, Math.round(process.memoryUsage.rss() / 1_048_576))
    const nowS = performance.now() / 1000
    if (nowS - this.#movedS.last < MOTION_EVERY_S) return
    this.#movedS.last = nowS
    for (const camera of cameras) camera.raise('motion', 1, 1000)
  }
}

/**
 * One agent, one camera per fault, all recorded: each fault comes while a stream plays (`running`), or is there when it is
 * asked for (`starting`), is watched, and goes.
 */
export async function runStreamTrial(plan: TrialPlan): Promise<{ outcomes: StreamOutcome[]; stallMaxMs: number }> {
  const { faults, phase, profile } = plan
  const cameras = faults.map(() => ({ profile }))
  await using bed = await startBed(plan.net, cameras, { seed: plan.seed, isOwned: true })
  const watch = new Watch(bed)
  const begin = () => faults.forEach((fault, i) => void set(bed.cameras[i], fault))
  await watch.go(SETTLE_S, () => watch.seen.every(({ words }) => isWell(words)))
  if (phase === 'starting') begin()
  bed.allow()
  if (phase === 'running') {
    await watch.go(SETTLE_S, () => watch.seen.every(({ clips }) => clips.size > 0))
    begin()
  }
  const before = bed.cameras.map(({ journal }) => journal.counts())
  await watch.go(IN_HAND_S)
  watch.forget()
  await watch.go(plan.duringS - IN_HAND_S)
  const { seen: during } = watch
  const after = bed.cameras.map(({ journal }) => journal.counts())
  faults.forEach((fault, i) => void bed.cameras[i]?.clearFault(nameOf(fault)))
  watch.forget()
  const recoveredS: (number | undefined)[] = faults.map(() => undefined)
  await watch.go(plan.afterS, (s) => {
    for (const [i, { words, clips }] of watch.seen.entries()) {
      if (!isWell(words) || clips.size === 0) recoveredS[i] = undefined
      else recoveredS[i] ??= Math.round(s * 10) / 10
    }
    return faults.every((fault, i) => recoveredS[i] !== undefined || plan.slow?.has(fault))
  })
  const perMinute = (i: number, what: 'requests' | 'rtspConnections') =>
    Math.round((((after[i]?.[what] ?? 0) - (before[i]?.[what] ?? 0)) * 60) / plan.duringS)
  const outcomes = during.map((seen, i) => ({
    ...{ fault: faults[i] ?? '', profile, phase, diagnosis: seen.words, goneAfterS: undefined },
    said: [...seen.said],
    ...{ clips: seen.clips.size, pictures: seen.pictures.size, bytesMax: seen.bytesMax },
    requestsPerMinute: perMinute(i, 'requests'),
    rtspPerMinute: perMinute(i, 'rtspConnections'),
    refusedCredentials: (after[i]?.refusedCredentials ?? 0) - (before[i]?.refusedCredentials ?? 0),
    mediaTaken: 0,
    residentMbMax: watch.residentMbMax,
    recoveredAfterS: recoveredS[i],
  }))
  return { outcomes, stallMaxMs: bed.stallMaxMs() }
}
