import { schedule } from 'node-cron'
import { describeError } from '../base/errors.ts'
import type { Logger } from '../base/logger.ts'

/** Something done at set times; `expression` was checked with the configuration. */
export interface Job {
  readonly name: string
  readonly expression: string
  readonly work: () => Promise<void>
}

/** Runs jobs by their cron expressions, a job never beside itself. Returns how to stop. */
export function runSchedules(jobs: readonly Job[], logger: Logger): () => void {
  const tasks = jobs.map(({ name, expression, work }) =>
    schedule(
      expression,
      () => work().catch((error: unknown) => logger.warn({ job: name, reason: describeError(error) }, 'A job failed')),
      { name, noOverlap: true },
    ),
  )
  return () => {
    for (const task of tasks) void task.destroy()
  }
}
