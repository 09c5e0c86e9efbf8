import type { Clock } from '../base/clock.ts'
import { describeError } from '../base/errors.ts'
import type { Logger } from '../base/logger.ts'
import { nextRunMs } from './next-run.ts'

/** Something done at set times; `expression` was checked with the configuration. */
export interface Job {
  readonly name: string
  readonly expression: string
  readonly work: () => Promise<unknown>
}

interface ScheduleDeps {
  readonly clock: Clock
  readonly logger: Logger
  readonly signal: AbortSignal
}

/** A clock that was set is noticed within this. */
const LOOK_MS = 30_000

/**
 * Runs jobs by their cron expressions, in the box's time zone, until the signal fires and what is under way has ended.
 * A job never runs beside itself: times that pass while it runs are left out. One that passed while the box slept is made
 * up for once.
 *
 * Node-cron's own timers don't run the jobs: they skip a time that is met a second late, and after the clock of a box
 * without a battery has leapt from 1970 they walk through every missed time of half a century.
 */
export async function runSchedules(jobs: readonly Job[], deps: ScheduleDeps): Promise<void> {
  await Promise.all(jobs.map((job) => runJob(job, deps)))
}

async function runJob({ name, expression, work }: Job, { clock, logger, signal }: ScheduleDeps): Promise<void> {
  const nextMs = () => nextRunMs(expression, clock.nowMs())
  for (let dueMs = nextMs(); !signal.aborted; dueMs = Math.min(dueMs, nextMs())) {
    const leftMs = dueMs - clock.nowMs()
    if (leftMs > 0) {
      await clock.sleep(Math.min(leftMs, LOOK_MS), signal).catch(() => {})
      continue
    }
    await work().catch((error: unknown) => {
      if (!signal.aborted) logger.warn({ job: name, reason: describeError(error) }, 'A job failed')
    })
    dueMs = Number.POSITIVE_INFINITY
  }
}
