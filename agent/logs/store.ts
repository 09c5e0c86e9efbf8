import type { Database } from '../base/database.ts'
import type { Id } from '../protocol/envelope.ts'
import type { Tail } from './tail.ts'

/** Table that this room keeps in the box's state database. */
export const LOGS_TABLES = `
  CREATE TABLE logs_told (
    device TEXT PRIMARY KEY,
    tail TEXT NOT NULL
  ) STRICT;
`

/** Up to where each device's log was told, across restarts. */
export class LogMarks {
  readonly #db: Database

  constructor(db: Database) {
    this.#db = db
  }

  /** Undefined for a device whose log was never told. */
  of(device: Id): Tail | undefined {
    const select = this.#db.prepare<[Id], string>('SELECT tail FROM logs_told WHERE device = ?').pluck()
    return select.get(device)?.split(' ')
  }

  save(device: Id, tail: Tail): void {
    const upsert = 'INSERT INTO logs_told VALUES (?, ?) ON CONFLICT (device) DO UPDATE SET tail = excluded.tail'
    this.#db.prepare(upsert).run(device, tail.join(' '))
  }
}
