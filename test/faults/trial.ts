import { setTimeout as sleep } from 'node:timers/promises'
import type { HealthFacts } from '../../agent/protocol/camera.ts'
import type { FaultName, ProfileName, SimulatedCamera } from '../../simulator/fleet/index.ts'
import { type FaultBed, startBed } from './bed.ts'

/** When the fault begins: while the agent watches the camera, or before the agent starts. */
export type Phase = 'running' | 'starting'

export interface TrialPlan {
  readonly phase: Phase
  readonly profile: ProfileName
  /** `NAME` or `NAME=VALUE`, each on a camera of its own. */
  readonly faults: readonly string[]
  /** How long the faults last, and how long the cameras have to settle and to recover. */
  readonly duringS: number
  readonly settleS?: number
  readonly afterS: number
  /** `127.N`: a network that nobody else uses. */
  readonly net: string
  /** Those that nobody waits for: they come back only after a long rest. */
  readonly slow?: ReadonlySet<string>
  /** The faults end as soon as each camera's words are right, on whatever machine, but last `RATE_S_MIN` at least. */
  readonly isRight?: (words: string, fault: string) => boolean
  /** For the agent's and the cameras' chances. */
  readonly seed?: number
}

/** What one fault did. */
export interface Outcome {
  readonly fault: string
  readonly profile: ProfileName
  readonly phase: Phase
  /** The level and codes at the end of the fault; `unknown` for a camera that the agent never read. */
  readonly diagnosis: string
  /** From the fault's beginning until its level left `up`, where it did. */
  readonly goneAfterS: number | undefined
  readonly requestsPerMinute: number
  readonly refusedCredentials: number
  /** Connections for video and requests for pictures, which nobody has granted. */
  readonly mediaTaken: number
  /** From the fault's end until the camera was up without a diagnosis; undefined where that did not come. */
  readonly recoveredAfterS: number | undefined
}

/** Level and codes in one word each. What is only a memory of a move is no trouble. */
export function wordsOf(health: HealthFacts | undefined): string {
  if (health === undefined) return 'unknown'
  return [health.level, ...health.diagnoses.map(({ code }) => code)].join(' ')
}

export const isWell = (words: string) => words === 'up' || words === 'up IP_CHANGED'

const LOOK_MS = 500
/** A thousand cameras of recorders take this long on a busy machine; who is well sooner does not wait. */
const SETTLE_S = 180

/** In less, a few requests would look like a flood. */
const RATE_S_MIN = 10

/** What reading a camera in full takes, once: a dozen calls, each of them challenged; of a recorder, more. */
const REQUESTS_TO_READ = 60

/** One agent, one camera per fault, all at once: each fault comes, is watched, and goes. */
export async function runTrial(plan: TrialPlan): Promise<{ outcomes: Outcome[]; stallMaxMs: number }> {
  const { faults, phase, profile } = plan
  const cameras = faults.map((fault) => ({ profile, faults: phase === 'starting' ? [fault] : [] }))
  await using bed = await startBed(plan.net, cameras, { seed: plan.seed })
  if (phase === 'running') await watch(bed, plan.settleS ?? SETTLE_S, isWell)
  const before = bed.cameras.map(({ journal }) => journal.counts())
  if (phase === 'running') faults.forEach((fault, i) => void set(bed.cameras[i], fault))
  const begunMs = performance.now()
  const passedS = () => (performance.now() - begunMs) / 1000
  let diagnoses: readonly string[] = []
  const isOver = (words: readonly string[]) => {
    diagnoses = words
    const { isRight } = plan
    return isRight !== undefined && passedS() >= RATE_S_MIN && faults.every((f, i) => isRight(words[i] ?? '', f))
  }
  const gone = await watch(bed, plan.duringS, (words) => !/^(up|unknown)\b/.test(words), 'never', isOver)
  const lastedS = passedS()
  const after = bed.cameras.map(({ journal }) => journal.counts())
  faults.forEach((fault, i) => void bed.cameras[i]?.clearFault(nameOf(fault)))
  const slow = faults.map((fault) => plan.slow?.has(fault) === true)
  const recovered = await watch(bed, plan.afterS, isWell, (since) => since.every((s, i) => s !== undefined || slow[i]))
  const reading = phase === 'starting' ? REQUESTS_TO_READ : 0
  const perMinute = (i: number) => {
    const requests = (after[i]?.requests ?? 0) - (before[i]?.requests ?? 0) - reading
    return (Math.max(0, requests) * 60) / lastedS
  }
  const outcomes = faults.map((fault, i) => ({
    ...{ fault, profile, phase, diagnosis: diagnoses[i] ?? '', goneAfterS: gone[i] },
    requestsPerMinute: Math.round(perMinute(i)),
    refusedCredentials: (after[i]?.refusedCredentials ?? 0) - (before[i]?.refusedCredentials ?? 0),
    mediaTaken: mediaOf(bed.cameras[i]),
    recoveredAfterS: recovered[i],
  }))
  return { outcomes, stallMaxMs: bed.stallMaxMs() }
}

type Since = readonly (number | undefined)[]

const allAre = (since: Since) => since.every((each) => each !== undefined)

/**
 * Seconds until the words of each camera were such, undefined where they are not in the end; ends when that is enough, or
 * else when time is up. Where it is never enough, the first time counts. `isOver` ends it too, by all cameras' words.
 */
async function watch(
  bed: FaultBed,
  forS: number,
  isSuch: (words: string) => boolean,
  isEnough: ((since: Since) => boolean) | 'never' = allAre,
  isOver: (words: readonly string[]) => boolean = () => false,
): Promise<Since> {
  const since: (number | undefined)[] = bed.cameras.map(() => undefined)
  const startedMs = performance.now()
  const failed = bed.running.then(() => {
    throw new Error('The agent has ended by itself')
  })
  failed.catch(() => {}) // raced for below
  for (let s = 0; s < forS; s = (performance.now() - startedMs) / 1000) {
    const healths = bed.look()
    const words = bed.cameras.map(({ address }) => wordsOf(healths.get(address)))
    for (const [i, each] of words.entries()) {
      const isNow = isSuch(each)
      if (isNow) since[i] ??= Math.round(s * 10) / 10
      else if (isEnough !== 'never') since[i] = undefined
    }
    if (isOver(words) || (isEnough !== 'never' && isEnough(since))) break
    await Promise.race([sleep(LOOK_MS), failed])
  }
  return since
}

function mediaOf(camera: SimulatedCamera | undefined): number {
  const { rtspConnections = 0, snapshotRequests = 0 } = camera?.journal.counts() ?? {}
  return rtspConnections + snapshotRequests
}

export function set(camera: SimulatedCamera | undefined, fault: string): void {
  const [, value] = fault.split('=')
  camera?.setFault(nameOf(fault), value)
}

export const nameOf = (fault: string) => fault.split('=')[0] as FaultName
