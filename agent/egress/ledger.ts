import type { Database } from '../base/database.ts'
import { LEDGER_NOTHING, type LedgerOutcome, type LedgerRow, ledgerHash } from '../protocol/ledger.ts'

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

/** A step of its own: boxes of before have the ledger. How far the bridge was told, by the row's number. */
export const LEDGER_TOLD_TABLES =
  'CREATE TABLE ledger_told (only INTEGER PRIMARY KEY CHECK (only = 1), n INTEGER NOT NULL) STRICT;'

export type { LedgerOutcome, LedgerRow }
export type LedgerEntry = Omit<LedgerRow, 'n' | 'prev' | 'hash'>

export interface LedgerCheck {
  readonly rows: number
  /** The last row's hash: noted elsewhere, it proves that nothing was rewritten since. */
  readonly head: string
  /** The first row that does not fit, if any. */
  readonly broken: { readonly n: number; readonly reason: string } | undefined
}

/** More rows than follow a transfer's first one before its last: some go on while it waits for the bridge's word. */
const INTERRUPTED_ROWS_MAX = 10_000

const COLUMNS = 'n, at, item, camera, kind, grant_serial AS grantSerial, sha256, bytes, outcome, prev, hash'

/** Every byte of media that left the box, in an append-only chain: a changed, removed or inserted row shows. */
export class Ledger {
  readonly #db: Database
  /** Items whose transfer has begun in this process and has not ended. */
  readonly #running = new Set<string>()
  /** Whether a transfer may stand there without its end: one of a former process, or one whose end the disk refused. */
  #mayLackEnd = true
  #onAppend = () => {}

  constructor(db: Database) {
    this.#db = db
  }

  append(entry: LedgerEntry): LedgerRow {
    const { item, outcome } = entry
    if (outcome === 'begun') this.#running.add(item)
    else this.#running.delete(item)
    const row = this.#seal(entry)
    this.#onAppend()
    return row
  }

  /** To be called where the end of a transfer could not be written: `interrupted` then tells of it. */
  noteMissingEnd(): void {
    this.#mayLackEnd = true
  }

  /** Calls back after each row: one listener, the newest. */
  watch(onAppend: () => void): void {
    this.#onAppend = onAppend
  }

  /** Rows that the bridge was not told of, in order. */
  untold(limit: number): LedgerRow[] {
    return this.rows(Number(this.#db.prepare('SELECT n FROM ledger_told').pluck().get() ?? 0), limit)
  }

  /** All up to this number are in the box's queue for the bridge. */
  noteTold(n: number): void {
    this.#db.prepare('INSERT INTO ledger_told VALUES (1, ?) ON CONFLICT (only) DO UPDATE SET n = excluded.n').run(n)
  }

  #seal(entry: LedgerEntry): LedgerRow {
    return this.#db.transaction(() => {
      const last = this.last()
      const unsealed = { ...entry, n: this.#counted() + 1, prev: last?.hash ?? LEDGER_NOTHING }
      const row = { ...unsealed, hash: ledgerHash(unsealed) }
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

  /**
   * Transfers of which the newest rows tell no end, though they are under way no more: those that a power cut ended, and those
   * whose end a full disk did not take.
   */
  interrupted(): LedgerRow[] {
    if (!this.#mayLackEnd) return []
    const ended = new Set<string>()
    const open: LedgerRow[] = []
    const newest = `SELECT ${COLUMNS} FROM ledger ORDER BY n DESC LIMIT ${INTERRUPTED_ROWS_MAX}`
    for (const row of this.#db.prepare<[], LedgerRow>(newest).iterate()) {
      if (row.outcome === 'begun' && !ended.has(row.item) && !this.#running.has(row.item)) open.unshift(row)
      ended.add(row.item)
    }
    this.#mayLackEnd = open.length > 0
    return open
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
    let [rows, head] = [0, LEDGER_NOTHING]
    const broken = (n: number, reason: string) => ({ rows, head, broken: { n, reason } })
    for (const row of this.#db.prepare<[], LedgerRow>(`SELECT ${COLUMNS} FROM ledger ORDER BY n`).iterate()) {
      if (row.n !== rows + 1) return broken(rows + 1, 'the row is missing')
      if (row.prev !== head) return broken(row.n, 'the row does not follow the one before')
      if (row.hash !== ledgerHash(row)) return broken(row.n, 'the row was changed')
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
