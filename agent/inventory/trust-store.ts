import type { Database } from '../base/database.ts'
import type { Id } from '../protocol/envelope.ts'
import type { Marks } from './marks.ts'

/** Tables of whom credentials were sent to, and whom a person confirmed. */
export const TRUST_TABLES = `
  CREATE TABLE inventory_marks (
    device TEXT PRIMARY KEY,
    address TEXT NOT NULL,
    port INTEGER NOT NULL,
    path TEXT NOT NULL,
    https INTEGER NOT NULL,
    probe TEXT NOT NULL,
    reference TEXT NOT NULL,
    serial TEXT NOT NULL,
    mac TEXT NOT NULL,
    realm TEXT NOT NULL
  ) STRICT;
  CREATE TABLE inventory_confirmation (
    place TEXT PRIMARY KEY,
    at INTEGER NOT NULL
  ) STRICT;
`

/** A device that was signed in to, and what strangers saw of it then. */
export interface Enrolled {
  readonly device: Id
  /** Empty where another stands there now. */
  readonly address: string
  readonly port: number
  readonly path: string
  readonly https: boolean
  readonly marks: Marks
}

type Row = Marks & { device: string; address: string; port: number; path: string; https: number }

/** A person's word counts for so long: the device must be looked at while it does. */
const CONFIRMATION_MS = 3_600_000

/** The room's memory of whom it trusted. Rows are asked anew each time: the installer's commands write beside a running agent. */
export class TrustStore {
  readonly #db: Database

  constructor(db: Database) {
    this.#db = db
  }

  enrolled(): Enrolled[] {
    const rows = this.#db.prepare('SELECT * FROM inventory_marks').all() as Row[]
    return rows.map(({ device, address, port, path, https, ...marks }) => {
      return { device, address, port, path, https: https === 1, marks }
    })
  }

  /** It stands there now; whoever stood there before does so no more. */
  enrol({ device, address, port, path, https, marks }: Enrolled): void {
    this.#db.transaction(() => {
      this.#db
        .prepare("UPDATE inventory_marks SET address = '', port = 0 WHERE address = ? AND port = ? AND device <> ?")
        .run(address, port, device)
      this.#db
        .prepare(
          `INSERT INTO inventory_marks VALUES (@device, @address, @port, @path, @https, @probe, @reference, @serial, @mac, @realm)
           ON CONFLICT (device) DO UPDATE SET address = @address, port = @port, path = @path, https = @https,
             probe = @probe, reference = @reference, serial = @serial, mac = @mac, realm = @realm`,
        )
        .run({ device, address, port, path, https: https ? 1 : 0, ...marks })
      this.#db.prepare('DELETE FROM inventory_confirmation WHERE place IN (?, ?)').run(address, `${address} ${port}`)
    })()
  }

  /** A person says that what stands there may be signed in to, whoever it is. @param port any, where absent */
  confirm(address: string, port: number | undefined, nowMs: number): void {
    const place = port === undefined ? address : `${address} ${port}`
    this.#db.prepare('INSERT OR REPLACE INTO inventory_confirmation VALUES (?, ?)').run(place, Math.round(nowMs))
  }

  isConfirmed(address: string, port: number, nowMs: number): boolean {
    const row = this.#db
      .prepare('SELECT max(at) AS at FROM inventory_confirmation WHERE place IN (?, ?)')
      .get(address, `${address} ${port}`) as { at: number | null }
    return row.at !== null && Math.abs(nowMs - row.at) < CONFIRMATION_MS
  }
}
