import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { openStateDatabase } from '../../agent/cli/state.ts'
import { keptTimeMs } from '../../agent/consent/latest-time.ts'
import { openEgressDatabase, readEgressDatabase } from '../../agent/egress/egress.ts'
import { Ledger } from '../../agent/egress/ledger.ts'

interface Row {
  readonly item: string
  readonly camera: string
  readonly kind: string
}

/**
 * Media that waits on this box's disk, and how many files there are. On a full disk a row may outlive its file: that is
 * none. The file of what has just arrived is on its way out.
 */
export function mediaIn(
  stateDir: string,
  arrived: ReadonlyMap<string, unknown>,
): { readonly waiting: readonly Row[]; readonly files: number } {
  const db = readEgressDatabase(stateDir)
  const rows = db?.prepare<[], Row>('SELECT item, camera, kind FROM item').all() ?? []
  db?.close()
  const files = readdirSync(join(stateDir, 'media-queue'))
  const held = files.filter((file) => !arrived.has(file))
  return { waiting: rows.filter(({ item }) => files.includes(item)), files: held.length }
}

/** What is wrong with a closed box's ledger, beside what has arrived. */
export function auditBooks(stateDir: string, arrived: ReadonlyMap<string, { readonly bytes: number }>): string[] {
  const db = openEgressDatabase(stateDir)
  const ledger = new Ledger(db)
  const { broken } = ledger.verify()
  const last = ledger.last()
  // What was not booked to its end, on a full disk, is at the next start, with no less than what is open.
  const booked = ledger.totals().bytes + (last?.outcome === 'begun' ? last.bytes : 0)
  const done = new Set(ledger.rows(0, 100_000).flatMap(({ outcome, item }) => (outcome === 'done' ? [item] : [])))
  db.close()
  const came = [...arrived.values()].reduce((sum, { bytes }) => sum + bytes, 0)
  return [
    ...(broken ? [`the ledger is broken at row ${broken.n}: ${broken.reason}`] : []),
    ...[...done].filter((item) => !arrived.has(item)).map((item) => `${item} is booked and never came`),
    ...(booked < came ? [`${came} bytes came, ${booked} are booked`] : []),
  ]
}

/** The latest time that this box's disk knows. */
export function keptTimeIn(stateDir: string): number {
  const db = openStateDatabase(join(stateDir, 'state.db'))
  const keptMs = keptTimeMs(db)
  db.close()
  return keptMs
}
