import { createTask, parse } from 'node-cron'

/** Five years hold every date there is but some 29ths of February. */
const DAYS_MAX = 5 * 366

/**
 * The first time after `afterMs` that a cron expression names, in the box's time zone, UTC ms; never is infinitely late.
 *
 * Node-cron reads the expression. It would walk the times as well, but by `Intl`, which brings 8 MB into an idle box; it
 * does so only for days such as the last of a month.
 */
export function nextRunMs(expression: string, afterMs: number): number {
  const fields = parse(expression)
  if ([...fields.dayOfMonth, ...fields.dayOfWeek].some((each) => typeof each === 'string'))
    return byNodeCron(expression)
  const hours = ascending(fields.hour)
  const minutes = ascending(fields.minute)
  const seconds = ascending(fields.second)
  const from = new Date(afterMs)
  for (let days = 0; days <= DAYS_MAX; days++) {
    const day = new Date(from.getFullYear(), from.getMonth(), from.getDate() + days)
    const isMeant =
      fields.month.includes(day.getMonth() + 1) &&
      fields.dayOfMonth.includes(day.getDate()) &&
      fields.dayOfWeek.includes(day.getDay())
    const found = isMeant ? firstOfDay(day, { hours, minutes, seconds }, afterMs) : undefined
    if (found !== undefined) return found
  }
  return Number.POSITIVE_INFINITY
}

interface Times {
  readonly hours: readonly number[]
  readonly minutes: readonly number[]
  readonly seconds: readonly number[]
}

function firstOfDay(day: Date, { hours, minutes, seconds }: Times, afterMs: number): number | undefined {
  for (const hour of hours) {
    const end = new Date(day.getFullYear(), day.getMonth(), day.getDate(), hour, 59, 59)
    if (end.getTime() <= afterMs) continue
    for (const minute of minutes) {
      for (const second of seconds) {
        const at = new Date(day.getFullYear(), day.getMonth(), day.getDate(), hour, minute, second)
        // An hour that summer time leaves out is not moved into the next.
        if (at.getTime() > afterMs && at.getHours() === hour) return at.getTime()
      }
    }
  }
  return undefined
}

const ascending = (values: readonly number[]) => values.toSorted((a, b) => a - b)

function byNodeCron(expression: string): number {
  const task = createTask(expression, () => {})
  const [next] = task.getNextRuns(1)
  void task.destroy()
  return next?.getTime() ?? Number.POSITIVE_INFINITY
}
