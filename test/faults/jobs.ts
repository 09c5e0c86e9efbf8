import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { ProfileName } from '../../simulator/fleet/index.ts'
import { expectedOf } from './expected.ts'
import { type Outcome, type Phase, runTrial, type TrialPlan } from './trial.ts'

/** One profile in one phase: a process of its own, so that several go side by side. */
export interface Job {
  readonly profile: ProfileName
  readonly phase: Phase
  readonly faults: readonly string[]
  readonly duringS: number
  readonly afterS: number
  readonly net: string
  readonly seed: number
}

export interface JobResult {
  readonly job: Job
  readonly outcomes: readonly Outcome[]
  /** The longest that the event loop stood still which agent and simulator share. */
  readonly stallMaxMs: number
  /** Why there are no outcomes: the agent ended, or the time was up. */
  readonly failure?: string
  /** Those that were lost the first time: their outcomes are of a second trial. */
  readonly again?: readonly string[]
}

/** To start, settle and end in, besides the watching: whoever takes longer hangs. */
const SPARE_S = 240

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
  const { faults, profile } = job
  const slow = new Set(faults.filter((fault) => expectedOf({ fault, profile })?.isSlow))
  const plan: TrialPlan = { ...job, slow }
  try {
    return { job, ...(await runTrial(plan)) }
  } catch (error) {
    return { job, outcomes: [], stallMaxMs: 0, failure: String(error) }
  }
}

if (import.meta.main) {
  const result = await runHere(JSON.parse(process.argv[2] ?? '{}') as Job)
  process.send?.(result, () => process.exit(0))
}
