import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { LEDGER_NOTHING, type LedgerRow, ledgerHash } from '../../agent/protocol/ledger.ts'
import { chainDifferences, compareBooks, type Receipt, type ToldRow } from './compare-books.ts'

const DAY_MS = 24 * 3_600_000
const NOW = 100 * DAY_MS
const CAMERA = 'cameraaaaaaaaaaa'
const HASH = 'a'.repeat(64)

type Said = readonly [item: string, outcome: LedgerRow['outcome'], bytes: number, toldAt?: number]

/** A ledger that holds together. */
function ledger(...said: Said[]): ToldRow[] {
  const rows: ToldRow[] = []
  for (const [index, [item, outcome, bytes, toldAt = NOW - DAY_MS]] of said.entries()) {
    const facts = { camera: CAMERA, kind: 'clip' as const, grantSerial: 1, sha256: HASH }
    const row = { n: index + 1, at: toldAt, item, ...facts, bytes, outcome, prev: rows.at(-1)?.hash ?? LEDGER_NOTHING }
    rows.push({ ...row, hash: ledgerHash(row), toldAt })
  }
  return rows
}

const receipt = (item: string, over: Partial<Receipt> = {}): Receipt => {
  const facts = { camera: CAMERA, kind: 'clip' as const, grantSerial: 1, sha256: HASH }
  return { item, ...facts, bytes: 100, receivedAt: NOW - DAY_MS, ...over }
}

const kinds = (rows: ToldRow[], receipts: Receipt[]) =>
  compareBooks(rows, receipts, NOW).differences.map(({ kind, item, bytes }) => `${kind} ${item} ${bytes}`)

describe('two books of one box', () => {
  it('agree where each item is in both, also one that went in parts', () => {
    const rows = ledger(['a', 'begun', 100], ['a', 'cut', 60], ['a', 'begun', 50], ['a', 'done', 50], ['b', 'begun', 9])
    const found = compareBooks([...rows], [receipt('a'), receipt('b')], NOW)
    assert.deepEqual(found.differences, [])
    assert.deepEqual(found.scopes, [
      { camera: CAMERA, kind: 'clip', left: { items: 1, bytes: 110 }, received: { items: 2, bytes: 200 } },
    ])
  })

  it('show what left and never arrived, whole or in part', () => {
    const rows = ledger(['a', 'begun', 100], ['a', 'done', 100], ['b', 'begun', 100], ['b', 'cut', 30])
    assert.deepEqual(kinds(rows, []), ['never-arrived a 100', 'cut b 30'])
  })

  it('show what the box does not know, and what is not the same', () => {
    const rows = ledger(['a', 'begun', 100], ['a', 'done', 100])
    const other = receipt('a', { sha256: 'b'.repeat(64) })
    assert.deepEqual(kinds(rows, [other, receipt('x')]), ['other-content a 100', 'unknown-to-box x 100'])
  })

  it('agree on parts of a live view: whole ones to the bit, cut ones by what could have come', () => {
    const live = (...said: (readonly [string, LedgerRow['outcome'], number, string])[]) =>
      ledger(...said.map(([item, outcome, bytes]): Said => [item, outcome, bytes])).map((row, i) => ({
        ...row,
        kind: 'live' as const,
        sha256: said[i]?.[3] ?? HASH,
      }))
    const came = (bytes: number, sha256: string) => [receipt('a', { kind: 'live', bytes, sha256 })]
    const [head, whole] = ['b'.repeat(64), 'c'.repeat(64)]
    const done = live(['a', 'begun', 1000, head], ['a', 'done', 70, whole])
    assert.deepEqual(kinds(done, came(70, whole)), [])
    assert.deepEqual(kinds(done, came(69, head)), ['other-content a 70'])
    const cut = live(['a', 'begun', 1000, head], ['a', 'cut', 70, whole])
    assert.deepEqual(kinds(cut, came(50, head)), [])
    assert.deepEqual(kinds(cut, came(71, head)), ['other-content a 70'])
    assert.deepEqual(kinds(live(['a', 'begun', 1000, head]), came(50, head)), [])
    assert.deepEqual(kinds(cut, []), ['cut a 70'])
  })

  it('wait for the word of the other side before they call it a difference', () => {
    const rows = ledger(['a', 'done', 100, NOW - 1000], ['b', 'begun', 100, NOW - 3_600_000], ['c', 'cut', 5, NOW])
    const found = compareBooks(rows, [receipt('x', { receivedAt: NOW - 1000 })], NOW)
    assert.deepEqual([found.waiting, found.differences], [4, []])
  })
})

describe("the box's book by itself", () => {
  const rows = ledger(['a', 'begun', 1], ['a', 'done', 1], ['b', 'begun', 2], ['b', 'done', 2], ['c', 'begun', 3])
  const found = (list: ToldRow[]) => chainDifferences(list, NOW).map(({ kind, rows: span }) => [kind, ...(span ?? [])])

  it('holds together, also from its middle on', () => {
    assert.deepEqual(found(rows), [])
    assert.deepEqual(found(rows.slice(2)), [])
  })

  it('shows a gap, but not one that may still be on its way', () => {
    assert.deepEqual(found(rows.toSpliced(1, 2)), [['rows-missing', 2, 3]])
    assert.deepEqual(found(rows.toSpliced(1, 2).map((row) => ({ ...row, toldAt: NOW }))), [])
  })

  it('shows a changed row, and one that was told twice in two ways', () => {
    assert.deepEqual(found(rows.map((row) => (row.n === 2 ? { ...row, bytes: 9 } : row))), [['rewritten', 2, 2]])
    const again = ledger(['z', 'begun', 1], ['z', 'done', 1])
    const both = [...rows, ...again].toSorted((a, b) => a.n - b.n)
    assert.deepEqual(found(both), [['rewritten', 1, 3]])
  })
})
