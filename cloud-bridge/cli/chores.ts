import cron from 'node-cron'
import { describeError } from '../../agent/base/errors.ts'
import type { Logger } from '../../agent/base/logger.ts'

/** What is done again and again, on a schedule of node-cron. */
export interface Chore {
  readonly name: string
  /** Minute, hour, day, month, weekday. */
  readonly schedule: string
  readonly work: () => Promise<void>
}

/** Starts the schedules; one run of a chore at a time, a failure is logged and the next run comes. Returns how to stop. */
export function startChores(chores: readonly Chore[], logger: Logger): () => Promise<void> {
  const tasks = chores.map(({ name, schedule, work }) =>
    cron.schedule(
      schedule,
      () =>
        work().catch((error: unknown) => logger.error({ chore: name, reason: describeError(error) }, 'a chore failed')),
      { name, noOverlap: true },
    ),
  )
  return async () => {
    for (const task of tasks) await task.destroy()
  }
}
