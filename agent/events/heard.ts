import type { Database } from '../base/database.ts'
import { Statements } from '../base/statements.ts'
import type { Id } from '../protocol/envelope.ts'

/** Table that this room keeps in the box's state database. */
export const EVENTS_TABLES = `
  CREATE TABLE events_heard (
    device TEXT PRIMARY KEY,
    at INTEGER NOT NULL
  ) STRICT;
`

/** A mark may lag by so much: a gap is told a little wider than it was, and the flash is spared. */
const SAVE_EVERY_MS = 10_000

/** Up to when each device was heard, across restarts and power cuts: without it nobody would know of what was missed. */
export class Heard implements Disposable {
  readonly #db: Database
  readonly #statements: Statements
  readonly #unsaved = new Map<Id, number>()
  /** Those that have a mark on the disk. */
  readonly #marked = new Set<Id>()
  #savedAtMs = Number.NEGATIVE_INFINITY

  constructor(db: Database) {
    this.#db = db
    this.#statements = new Statements(db)
  }

  /** Of a former run. UTC, ms; undefined for a device that was never heard. */
  lastOf(device: Id): number | undefined {
    const at = this.#statements.of('SELECT at FROM events_heard WHERE device = ?').pluck().get(device)
    return typeof at === 'number' ? at : undefined
  }

  /**
   * All that the device said until then is on the disk. One that is new is written at once, since it has no older mark to
   * fall back to; all together every ten seconds.
   */
  note(device: Id, atMs: number): void {
    this.#unsaved.set(device, Math.round(atMs))
    const isDue = atMs - this.#savedAtMs >= SAVE_EVERY_MS || atMs < this.#savedAtMs
    if (isDue || !this.#isMarked(device)) this.#save(atMs)
  }

  [Symbol.dispose](): void {
    this.#save(0)
  }

  #isMarked(device: Id): boolean {
    if (!this.#marked.has(device) && this.lastOf(device) !== undefined) this.#marked.add(device)
    return this.#marked.has(device)
  }

  #save(nowMs: number): void {
    const insert = this.#statements.of(
      'INSERT INTO events_heard VALUES (?, ?) ON CONFLICT (device) DO UPDATE SET at = excluded.at',
    )
    this.#db.transaction(() => {
      for (const [device, atMs] of this.#unsaved) insert.run(device, atMs)
    })()
    this.#unsaved.clear()
    this.#savedAtMs = nowMs
  }
}
