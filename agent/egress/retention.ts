import type { Clock } from '../base/clock.ts'
import type { Database } from '../base/database.ts'
import type { Id } from '../protocol/envelope.ts'
import type { MediaQueue, QueuedItem } from './queue.ts'

/** A step of its own: boxes of before have the others. What waited then begins to age now. */
export const QUEUE_AGE_TABLES = `
  ALTER TABLE item ADD COLUMN queuedMs INTEGER NOT NULL DEFAULT 0;
  CREATE TABLE queue_time (only INTEGER PRIMARY KEY CHECK (only = 1), ms INTEGER NOT NULL) STRICT;
`

const KEEP_EVERY_MS = 600_000
const HOUR_MS = 3_600_000

/**
 * The queue's own time: how long it ran, ever. Neither a clock that is set nor one that forgot the time makes anything older or
 * younger; hours without power do not count.
 */
class QueueTime {
  readonly #db: Database
  readonly #clock: Clock
  #ms: number
  #countedFromMs: number
  #keptMs: number

  constructor(db: Database, clock: Clock) {
    this.#db = db
    this.#clock = clock
    this.#ms = Number(db.prepare('SELECT ms FROM queue_time').pluck().get() ?? 0)
    this.#keptMs = this.#ms
    this.#countedFromMs = clock.monotonicMs()
  }

  nowMs(): number {
    const monotonicMs = this.#clock.monotonicMs()
    this.#ms += Math.max(0, monotonicMs - this.#countedFromMs)
    this.#countedFromMs = monotonicMs
    return Math.round(this.#ms)
  }

  /** On disk at least every ten minutes: so much can a power cut give back. What a full disk can't keep counts until a restart. */
  keepNowAndThen(): void {
    if (this.nowMs() - this.#keptMs >= KEEP_EVERY_MS) this.keep()
  }

  keep(): void {
    const ms = this.nowMs()
    this.#keptMs = ms
    try {
      this.#db.prepare('INSERT INTO queue_time VALUES (1, ?) ON CONFLICT (only) DO UPDATE SET ms = excluded.ms').run(ms)
    } catch {
      // Tried again in ten minutes.
    }
  }
}

export interface Keeping {
  /** Bytes of media that may wait. */
  readonly bytesMax: number
  /** How long they may; without, as long as it takes. */
  readonly ageMaxMs?: number | undefined
}

/** As it stands in the configuration. */
export const keepingOf = (media: { readonly queueBytesMax: number; readonly queueAgeMaxHours: number }): Keeping => ({
  bytesMax: media.queueBytesMax,
  ageMaxMs: media.queueAgeMaxHours * HOUR_MS,
})

/** Lets the oldest of what waits go, by size and by age, and says what it was. */
export class Retention {
  readonly #queue: MediaQueue
  readonly #time: QueueTime
  #keeping: Keeping

  constructor(queue: MediaQueue, db: Database, clock: Clock, keeping: Keeping) {
    this.#queue = queue
    this.#time = new QueueTime(db, clock)
    this.#keeping = keeping
  }

  get bytesMax(): number {
    return this.#keeping.bytesMax
  }

  use(keeping: Keeping): void {
    this.#keeping = keeping
  }

  /** Before the end: what a power cut would give back is on the disk. */
  keepTime(): void {
    this.#time.keep()
  }

  /** What is queued now is as old as this. */
  nowMs(): number {
    return this.#time.nowMs()
  }

  /** @param except the newest, and those on their way */
  bySize(except: readonly Id[]): string | undefined {
    const gone: QueuedItem[] = []
    while (this.#queue.depth().bytes > this.#keeping.bytesMax) {
      const oldest = this.#queue.oldestExcept(except)
      if (!oldest) break
      this.#queue.remove(oldest.item)
      gone.push(oldest)
    }
    return named('The queue for media was full', gone)
  }

  /** @param except those on their way */
  byAge(except: readonly Id[]): string | undefined {
    const { ageMaxMs } = this.#keeping
    this.#time.keepNowAndThen()
    if (ageMaxMs === undefined) return undefined
    const gone = this.#queue.queuedUpTo(this.nowMs() - ageMaxMs, except)
    for (const { item } of gone) this.#queue.remove(item)
    return named(`Media waited for more than ${ageMaxMs / HOUR_MS} hours`, gone)
  }
}

function named(why: string, gone: readonly QueuedItem[]): string | undefined {
  if (gone.length === 0) return undefined
  const times = gone.map(({ takenAt }) => takenAt)
  const [from, to] = [Math.min(...times), Math.max(...times)].map((at) => new Date(at).toISOString())
  return `${why}: ${gone.length} items were deleted, taken from ${from} to ${to}`
}
