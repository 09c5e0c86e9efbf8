import { createHash } from 'node:crypto'
import type { Database } from '../base/database.ts'
import type { Id } from '../protocol/envelope.ts'

/** The triggers make a slip of ours impossible; what the chain is for is a hand that knows how to remove them. */
export const LEDGER_TABLES = `
  CREATE TABLE ledger (
    n INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    item TEXT NOT NULL,
    camera TEXT NOT NULL,
    kind TEXT NOT NULL,
    grant_serial INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    outcome TEXT NOT NULL,
    prev TEXT NOT NULL,
    hash TEXT NOT NULL
  ) STRICT;
  CREATE TRIGGER ledger_no_update BEFORE UPDATE ON ledger BEGIN SELECT raise(ABORT, 'the ledger is append-only'); END;
  CREATE TRIGGER ledger_no_delete BEFORE DELETE ON ledger BEGIN SELECT raise(ABORT, 'the ledger is append-only'); END;
`

/**
 * `begun`: on disk before the first byte leaves; `bytes` is what may leave at most. `done`, `cut`: the transfer's end;
 * `bytes` is what was sent in it, never less than what left.
 */
export type LedgerOutcome = 'begun' | 'done' | 'cut'

export interface LedgerEntry {
  /** UTC, ms. */
  readonly at: number
  readonly item: Id
  readonly camera: Id
  readonly kind: string
  readonly grantSerial: number
  /** Of the whole item, lower-case hex. */
  readonly sha256: string
  readonly bytes: number
  readonly outcome: LedgerOutcome
}

export interface LedgerRow extends LedgerEntry {
  /** From 1. */
  readonly n: number
  /** The hash of the row before; of nothing: 64 zeros. */
  readonly prev: string
  /** SHA-256 of the canonical text, lower-case hex. */
  readonly hash: string
}

export interface LedgerCheck {
  readonly rows: number
  /** The last row's hash: noted elsewhere, it proves that nothing was rewritten since. */
  readonly head: string
  /** The first row that does not fit, if any. */
  readonly broken: { readonly n: number; readonly reason: string } | undefined
}

const NOTHING = '0'.repeat(64)
const COLUMNS = 'n, at, item, camera, kind, grant_serial AS grantSerial, sha256, bytes, outcome, prev, hash'

/** Every byte of media that left the box, in an append-only chain: a changed, removed or inserted row shows. */
export class Ledger {
  readonly #db: Database

  constructor(db: Database) {
    this.#db = db
  }

  append(entry: LedgerEntry): LedgerRow {
    return this.#db.transaction(() => {
      const last = this.last()
      const unsealed = { ...entry, n: this.#counted() + 1, prev: last?.hash ?? NOTHING }
      const row = { ...unsealed, hash: hashOf(unsealed) }
      this.#db
        .prepare(
          'INSERT INTO ledger VALUES (@n, @at, @item, @camera, @kind, @grantSerial, @sha256, @bytes, @outcome, @prev, @hash)',
        )
        .run(row)
      return row
    })()
  }

  last(): LedgerRow | undefined {
    return this.#db.prepare<[], LedgerRow>(`SELECT ${COLUMNS} FROM ledger ORDER BY n DESC LIMIT 1`).get()
  }

  /** Up to `limit` rows above this number, in order. */
  rows(after: number, limit: number): LedgerRow[] {
    return this.#db
      .prepare<[number, number], LedgerRow>(`SELECT ${COLUMNS} FROM ledger WHERE n > ? ORDER BY n LIMIT ?`)
      .all(after, limit)
  }

  /** Bytes of media that left the box ever, and items that arrived whole. */
  totals(): { readonly bytes: number; readonly items: number } {
    const sums = this.#db.prepare<[], { bytes: number; items: number }>(
      "SELECT coalesce(sum(bytes), 0) AS bytes, count(*) FILTER (WHERE outcome = 'done') AS items FROM ledger WHERE outcome <> 'begun'",
    )
    return sums.get() ?? { bytes: 0, items: 0 }
  }

  /** Walks the whole chain. */
  verify(): LedgerCheck {
    let [rows, head] = [0, NOTHING]
    const broken = (n: number, reason: string) => ({ rows, head, broken: { n, reason } })
    for (const row of this.#db.prepare<[], LedgerRow>(`SELECT ${COLUMNS} FROM ledger ORDER BY n`).iterate()) {
      if (row.n !== rows + 1) return broken(rows + 1, 'the row is missing')
      if (row.prev !== head) return broken(row.n, 'the row does not follow the one before')
      if (row.hash !== hashOf(row)) return broken(row.n, 'the row was changed')
      rows += 1
      head = row.hash
    }
    if (this.#counted() !== rows) return broken(rows + 1, 'rows at the end are missing')
    return { rows, head, broken: undefined }
  }

  /** How many rows were ever made: SQLite counts them apart from the table. */
  #counted(): number {
    return Number(this.#db.prepare("SELECT seq FROM sqlite_sequence WHERE name = 'ledger'").pluck().get() ?? 0)
  }
}

/** The canonical text is a JSON array in this order, without spaces, after a tag of its own. */
function hashOf(row: Omit<LedgerRow, 'hash'>): string {
  const { n, at, item, camera, kind, grantSerial, sha256, bytes, outcome, prev } = row
  const text = JSON.stringify([n, at, item, camera, kind, grantSerial, sha256, bytes, outcome, prev])
  return createHash('sha256').update(`lenscap-ledger-v1\n${text}`).digest('hex')
}
