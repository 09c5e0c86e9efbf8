import type { Id } from '../../agent/protocol/envelope.ts'
import { LedgerOutcome } from '../../agent/protocol/ledger.ts'
import { MediaKind } from '../../agent/protocol/media-kind.ts'
import { checkpoint } from '../store/open-store.ts'
import type { Db } from '../store/tables.ts'
import { type Comparison, chainDifferences, compareBooks, type Receipt, type ToldRow } from './compare-books.ts'

const DAY_MS = 24 * 3_600_000
/** What is compared. */
const WINDOW_MS = 30 * DAY_MS
// One side's word may come later than the other's: what is read reaches further back than what is said of it.
const MARGIN_MS = 7 * DAY_MS
const KEPT_MS = 90 * DAY_MS
const ROWS_MAX = 40_000
const DIFFERENCES_MAX = 200
const ROWS_PER_STEP = 5000

export interface Books extends Comparison {
  /** What is compared begins here, UTC ms. */
  readonly since: number
  /** The newest row of the box's ledger: `lenscap-agent ledger --verify` on the box must name this hash, or a later one. */
  readonly head: { readonly n: number; readonly hash: string; readonly toldAt: number } | null
  /** How many differences there are; the newest of them are listed. */
  readonly differing: number
}

/** What the box says left it, beside what the bridge received, of the last 30 days. */
export async function readBooks(db: Db, account: Id, agent: Id, nowMs: number): Promise<Books> {
  const rows = await toldRows(db, account, agent, nowMs - WINDOW_MS - MARGIN_MS)
  const receipts = await receiptsOf(db, account, agent, nowMs - WINDOW_MS - MARGIN_MS)
  // With more than can be read at once, a shorter time is compared, and that is said.
  const oldest = [rows, receipts].map((list) => (list.length < ROWS_MAX ? 0 : timeOf(list[0])))
  const since = Math.max(nowMs - WINDOW_MS, ...oldest.map((at) => (at === 0 ? 0 : at + DAY_MS)))
  const inWindow = itemsSince(rows, receipts, since)
  rows.sort((a, b) => a.n - b.n || a.toldAt - b.toldAt)
  const compared = compareBooks(
    rows.filter(({ item }) => inWindow.has(item)),
    receipts.filter(({ item }) => inWindow.has(item)),
    nowMs,
  )
  const all = [...chainDifferences(rows, nowMs), ...compared.differences].sort((a, b) => b.at - a.at)
  const last = rows.at(-1)
  const head = last ? { n: last.n, hash: last.hash, toldAt: last.toldAt } : null
  return { ...compared, since, head, differing: all.length, differences: all.slice(0, DIFFERENCES_MAX) }
}

/** Forgets both books from more than 90 days ago. */
export async function forgetBooks(db: Db, nowMs: number): Promise<void> {
  const before = nowMs - KEPT_MS
  let forgotten = 0n
  for (;;) {
    const rows = db.selectFrom('ledger_rows').select('id').where('told_at', '<', before).limit(ROWS_PER_STEP)
    const receipts = db.selectFrom('receipts').select('id').where('received_at', '<', before).limit(ROWS_PER_STEP)
    const [told, received] = [
      await db.deleteFrom('ledger_rows').where('id', 'in', rows).executeTakeFirst(),
      await db.deleteFrom('receipts').where('id', 'in', receipts).executeTakeFirst(),
    ]
    forgotten += told.numDeletedRows + received.numDeletedRows
    if (told.numDeletedRows < ROWS_PER_STEP && received.numDeletedRows < ROWS_PER_STEP) break
  }
  if (forgotten > 0n) await checkpoint(db)
}

/** In the order in which they were told. */
async function toldRows(db: Db, account: Id, agent: Id, sinceMs: number): Promise<ToldRow[]> {
  const rows = await db
    .selectFrom('ledger_rows')
    .selectAll()
    .where('account', '=', account)
    .where('agent', '=', agent)
    .where('told_at', '>=', sinceMs)
    .orderBy('id', 'desc')
    .limit(ROWS_MAX)
    .execute()
  return rows.reverse().map(({ id: _, agent: __, account: ___, grant_serial, told_at, kind, outcome, ...row }) => ({
    ...row,
    kind: MediaKind.parse(kind),
    outcome: LedgerOutcome.parse(outcome),
    grantSerial: grant_serial,
    toldAt: told_at,
  }))
}

async function receiptsOf(db: Db, account: Id, agent: Id, sinceMs: number): Promise<Receipt[]> {
  const rows = await db
    .selectFrom('receipts')
    .selectAll()
    .where('account', '=', account)
    .where('agent', '=', agent)
    .where('received_at', '>=', sinceMs)
    .orderBy('id', 'desc')
    .limit(ROWS_MAX)
    .execute()
  return rows.reverse().map(({ id: _, agent: __, account: ___, grant_serial, received_at, kind, ...row }) => ({
    ...row,
    kind: MediaKind.parse(kind),
    grantSerial: grant_serial,
    receivedAt: received_at,
  }))
}

const timeOf = (entry: ToldRow | Receipt | undefined): number =>
  entry === undefined ? 0 : 'toldAt' in entry ? entry.toldAt : entry.receivedAt

/** Items of which either book has something since then: of these, all is compared. */
function itemsSince(rows: readonly ToldRow[], receipts: readonly Receipt[], sinceMs: number): ReadonlySet<string> {
  return new Set([...rows, ...receipts].filter((entry) => timeOf(entry) >= sinceMs).map(({ item }) => item))
}
