import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { ProfileName } from '../../simulator/fleet/index.ts'
import { expectedOf, verdictOf } from './expected.ts'
import { rowOfStream, verdictOfStream } from './expected-streams.ts'
import { runStreamTrial, type StreamOutcome } from './stream-trial.ts'
import { nameOf, type Outcome, type Phase, runTrial, type TrialPlan } from './trial.ts'

/** One profile in one phase: a process of its own, so that several go side by side. */
export interface Job {
  readonly profile: ProfileName
  readonly phase: Phase
  readonly faults: readonly string[]
  readonly duringS: number
  readonly afterS: number
  readonly net: string
  readonly seed: number
  /** The owner allows clips and pictures. */
  readonly isRecorded: boolean
}

export interface JobResult {
  readonly job: Job
  readonly outcomes: readonly (Outcome | StreamOutcome)[]
  /** The longest that the event loop stood still which agent and simulator share. */
  readonly stallMaxMs: number
  /** Why there are no outcomes: the agent ended, or the time was up. */
  readonly failure?: string
  /** Those that were lost the first time: their outcomes are of a second trial. */
  readonly again?: readonly string[]
}

/** What is not as it should be, in words; empty where all is. */
export function verdictOn(outcome: Outcome | StreamOutcome): string {
  return 'clips' in outcome ? verdictOfStream(outcome) : verdictOf(outcome)
}

/** To start, settle and end in, besides the watching: whoever takes longer hangs. */
const SPARE_S = 600

/** Runs a job in a process of its own, within its deadline. Never rejects. */
export function runJob(job: Job): Promise<JobResult> {
  const { promise, resolve } = Promise.withResolvers<JobResult>()
  const timeout = (job.duringS + job.afterS + SPARE_S) * 1000
  const child = fork(fileURLToPath(import.meta.url), [JSON.stringify(job)], { timeout, killSignal: 'SIGKILL' })
  let result: JobResult | undefined
  child.on('message', (message) => {
    result = message as JobResult
  })
  child.on('exit', (code, signal) => {
    const failure = signal === null ? `it ended with ${code}` : 'it did not end in time'
    resolve(result ?? { job, outcomes: [], stallMaxMs: 0, failure })
  })
  return promise
}

async function runHere(job: Job): Promise<JobResult> {
  const { faults, profile, isRecorded } = job
  const isSlow = (fault: string) =>
    isRecorded ? rowOfStream(nameOf(fault))?.isSlow : expectedOf({ fault, profile })?.isSlow
  const slow = new Set(faults.filter(isSlow))
  const plan: TrialPlan = { ...job, slow }
  try {
    return { job, ...(await (isRecorded ? runStreamTrial(plan) : runTrial(plan))) }
  } catch (error) {
    return { job, outcomes: [], stallMaxMs: 0, failure: String(error) }
  }
}

if (import.meta.main) {
  const result = await runHere(JSON.parse(process.argv[2] ?? '{}') as Job)
  process.send?.(result, () => process.exit(0))
}
