/** Lines of one device that are told in an hour, at most: a log in a loop must not fill the spool. */
const LINES_PER_HOUR = 600
const HOUR_MS = 3_600_000

/** Of a log that is read for the first time, or anew: the rest is history. */
const LINES_AT_FIRST = 100

/** How many lines may be told, in steps of an hour. Times are monotonic milliseconds. */
export class Allowance {
  #startedMs = Number.NEGATIVE_INFINITY
  #told = 0

  /** The newest lines that may be told now, and how many stay behind. */
  take<T>(lines: readonly T[], isFirst: boolean, nowMs: number): { told: readonly T[]; left: number } {
    if (nowMs - this.#startedMs >= HOUR_MS) {
      this.#startedMs = nowMs
      this.#told = 0
    }
    const most = Math.min(LINES_PER_HOUR - this.#told, isFirst ? LINES_AT_FIRST : LINES_PER_HOUR)
    const told = most > 0 ? lines.slice(-most) : []
    this.#told += told.length
    return { told, left: lines.length - told.length }
  }
}
