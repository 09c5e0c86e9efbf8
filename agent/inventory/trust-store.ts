import type { Database } from '../base/database.ts'
import { GroupCommit } from '../base/group-commit.ts'
import { Statements } from '../base/statements.ts'
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

const ENROL = `
  INSERT INTO inventory_marks VALUES (@device, @address, @port, @path, @https, @probe, @reference, @serial, @mac, @realm)
  ON CONFLICT (device) DO UPDATE SET address = @address, port = @port, path = @path, https = @https,
    probe = @probe, reference = @reference, serial = @serial, mac = @mac, realm = @realm`

/** The room's memory of whom it trusted. Rows are asked anew each time: the installer's commands write beside a running agent. */
export class TrustStore {
  readonly #statements: Statements
  readonly #group: GroupCommit
  /** On their way to the disk: they count already. */
  readonly #pending = new Map<Id, Enrolled>()

  constructor(db: Database, group = new GroupCommit(db)) {
    this.#statements = new Statements(db)
    this.#group = group
  }

  enrolled(): Enrolled[] {
    return this.#select('SELECT * FROM inventory_marks', () => true)
  }

  /** As whom this device of ours was enrolled. */
  of(device: Id): Enrolled | undefined {
    return this.#select('SELECT * FROM inventory_marks WHERE device = ?', (each) => each.device === device, device)[0]
  }

  /** Whoever else was enrolled at this place. */
  holderOf(address: string, port: number, device: Id | undefined): Enrolled | undefined {
    const isHere = (each: Enrolled) => each.address === address && each.port === port
    const here = this.#select('SELECT * FROM inventory_marks WHERE address = ? AND port = ?', isHere, address, port)
    return here.find((each) => each.device !== device)
  }

  /** Those that showed this card. */
  showing(mac: string): Enrolled[] {
    return this.#select('SELECT * FROM inventory_marks WHERE mac = ?', ({ marks }) => marks.mac === mac, mac)
  }

  /** It stands there now; whoever stood there before does so no more. Resolves when it is on disk. */
  enrol(enrolled: Enrolled): Promise<void> {
    const { device, address, port, path, https, marks } = enrolled
    const former = this.holderOf(address, port, device)
    const changed = former ? [{ ...former, address: '', port: 0 }, enrolled] : [enrolled]
    for (const each of changed) this.#pending.set(each.device, each)
    const kept = this.#group.add(() => {
      this.#statements
        .of("UPDATE inventory_marks SET address = '', port = 0 WHERE address = ? AND port = ? AND device <> ?")
        .run(address, port, device)
      this.#statements.of(ENROL).run({ device, address, port, path, https: https ? 1 : 0, ...marks })
      this.#statements.of('DELETE FROM inventory_confirmation WHERE place IN (?, ?)').run(address, `${address} ${port}`)
    })
    return kept.finally(() => {
      for (const each of changed) if (this.#pending.get(each.device) === each) this.#pending.delete(each.device)
    })
  }

  #select(sql: string, isIt: (each: Enrolled) => boolean, ...values: readonly (string | number)[]): Enrolled[] {
    const rows = this.#statements.of(sql).all(...values) as Row[]
    const onDisk = rows.map(({ device, address, port, path, https, ...marks }) => {
      return { device, address, port, path, https: https === 1, marks }
    })
    return [...onDisk.filter(({ device }) => !this.#pending.has(device)), ...[...this.#pending.values()].filter(isIt)]
  }

  /** A person says that what stands there may be signed in to, whoever it is. @param port any, where absent */
  confirm(address: string, port: number | undefined, nowMs: number): void {
    const place = port === undefined ? address : `${address} ${port}`
    this.#statements.of('INSERT OR REPLACE INTO inventory_confirmation VALUES (?, ?)').run(place, Math.round(nowMs))
  }

  isConfirmed(address: string, port: number, nowMs: number): boolean {
    const row = this.#statements
      .of('SELECT max(at) AS at FROM inventory_confirmation WHERE place IN (?, ?)')
      .get(address, `${address} ${port}`) as { at: number | null }
    return row.at !== null && Math.abs(nowMs - row.at) < CONFIRMATION_MS
  }
}
