import assert from 'node:assert/strict'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { systemClock } from '../base/clock.ts'
import { silentLogger } from '../base/logger.ts'
import { until } from './bed.test.ts'
import { openEgressDatabase } from './egress.ts'
import { Ledger, type LedgerOutcome, type LedgerRow } from './ledger.ts'
import { tellLedger } from './tell-ledger.ts'

const entry = (bytes: number, outcome: LedgerOutcome) => ({
  at: 1000,
  item: 'itemaaaaaaaaaaaa',
  camera: 'cameraaaaaaaaaaa',
  kind: 'clip' as const,
  grantSerial: 3,
  sha256: 'a'.repeat(64),
  bytes,
  outcome,
})

function filled() {
  const db = openEgressDatabase(mkdtempSync(join(tmpdir(), 'lenscap-ledger-')))
  const ledger = new Ledger(db)
  ledger.append(entry(100, 'begun'))
  ledger.append(entry(40, 'cut'))
  ledger.append(entry(60, 'begun'))
  ledger.append(entry(60, 'done'))
  /** What a hand that knows SQLite would do. */
  const tamper = (sql: string) => db.exec(`DROP TRIGGER ledger_no_update; DROP TRIGGER ledger_no_delete; ${sql}`)
  return { db, ledger, tamper }
}

describe('the egress ledger', () => {
  it('adds up what left and verifies', () => {
    const { db, ledger } = filled()
    assert.deepEqual(ledger.totals(), { bytes: 100, items: 1 })
    assert.deepEqual(ledger.verify(), { rows: 4, head: ledger.last()?.hash, broken: undefined })
    assert.deepEqual(
      ledger.rows(1, 2).map((row) => row.n),
      [2, 3],
    )
    db.close()
  })

  it('lets nobody change or delete a row by a slip', () => {
    const { db } = filled()
    assert.throws(() => db.exec('UPDATE ledger SET bytes = 0'), /append-only/)
    assert.throws(() => db.exec('DELETE FROM ledger'), /append-only/)
    db.close()
  })

  for (const [what, sql, broken] of [
    ['a changed row', 'UPDATE ledger SET bytes = 1 WHERE n = 2', { n: 2, reason: 'the row was changed' }],
    ['a removed row', 'DELETE FROM ledger WHERE n = 2', { n: 2, reason: 'the row is missing' }],
    ['rows removed at the end', 'DELETE FROM ledger WHERE n > 2', { n: 3, reason: 'rows at the end are missing' }],
    [
      'another chain',
      `UPDATE ledger SET prev = '${'0'.repeat(64)}' WHERE n = 3`,
      { n: 3, reason: 'the row does not follow the one before' },
    ],
  ] satisfies [string, string, { n: number; reason: string }][]) {
    it(`finds ${what}`, () => {
      const { db, ledger, tamper } = filled()
      tamper(sql)
      assert.deepEqual(ledger.verify().broken, broken)
      db.close()
    })
  }

  it('is told in order, once, and again where it is not sure that it was', async (t) => {
    const { db, ledger } = filled()
    const stop = new AbortController()
    t.after(() => stop.abort())
    const told: number[][] = []
    let isFull = true
    const onLedger = async (rows: LedgerRow[]) => {
      told.push(rows.map(({ n }) => n))
      if (isFull) throw new Error('the disk is full')
    }
    const clock = { ...systemClock, sleep: (_: number, signal?: AbortSignal) => systemClock.sleep(1, signal) }
    const telling = tellLedger({ ledger, onLedger, clock, logger: silentLogger, signal: stop.signal })
    await until('it was tried', () => told.length > 1)
    isFull = false
    await until('it was taken', () => ledger.untold(9).length === 0)
    const tries = told.length
    ledger.append(entry(5, 'begun'))
    await until('the new row was told', () => told.length > tries)
    assert.deepEqual([told[0], told.at(-2), told.at(-1)], [[1, 2, 3, 4], [1, 2, 3, 4], [5]])
    stop.abort()
    await telling
    db.close()
  })
})
