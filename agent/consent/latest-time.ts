import type { Clock } from '../base/clock.ts'
import type { Database } from '../base/database.ts'

/** A step of its own in the state database's list: boxes of before have the others. */
export const LATEST_TIME_TABLES = `
  CREATE TABLE latest_time (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    utc_ms INTEGER NOT NULL
  ) STRICT;
`

const KEEP_EVERY_MS = 600_000

/**
 * The latest time that this box has known, by which grants run out: a clock that is set back, or that forgot the time
 * while the power was off, gives no grant back what had passed. Running time counts as well, whatever the clock says.
 */
export class LatestTime {
  readonly #db: Database
  readonly #clock: Clock
  #latestMs: number
  #countedFromMs: number
  #keptFromMs: number

  constructor(db: Database, clock: Clock) {
    this.#db = db
    this.#clock = clock
    this.#latestMs = keptTimeMs(db)
    this.#countedFromMs = clock.monotonicMs()
    this.#keptFromMs = this.#countedFromMs
  }

  /** UTC, ms: never less than before. */
  nowMs(): number {
    const monotonicMs = this.#clock.monotonicMs()
    const countedMs = this.#latestMs + (monotonicMs - this.#countedFromMs)
    this.#latestMs = Math.max(countedMs, this.#clock.nowMs())
    this.#countedFromMs = monotonicMs
    return this.#latestMs
  }

  /** The clock was ahead by mistake: what it says now counts. Only where the owner's own word shows that it was. */
  believeClock(): void {
    this.#latestMs = this.#clock.nowMs()
    this.#countedFromMs = this.#clock.monotonicMs()
    this.keep()
  }

  /** On disk at least every ten minutes: so much can a power cut give back. */
  keepNowAndThen(): void {
    if (this.#clock.monotonicMs() - this.#keptFromMs >= KEEP_EVERY_MS) this.keep()
  }

  /** Never throws: what a full disk can't keep still counts until the box restarts. */
  keep(): void {
    this.#keptFromMs = this.#clock.monotonicMs()
    try {
      this.#db
        .prepare('INSERT INTO latest_time VALUES (1, ?) ON CONFLICT (only) DO UPDATE SET utc_ms = excluded.utc_ms')
        .run(Math.round(this.nowMs()))
    } catch {
      // Tried again in ten minutes.
    }
  }
}

/** The latest time that was kept on disk, 0 where none was. For tools that only look, too. */
export const keptTimeMs = (db: Database): number =>
  Number(db.prepare('SELECT utc_ms FROM latest_time').pluck().get() ?? 0)
