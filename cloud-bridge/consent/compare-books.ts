import { LEDGER_NOTHING, type LedgerRow, ledgerHash } from '../../agent/protocol/ledger.ts'

/** A row of the box's ledger and when it told the bridge of it (UTC ms, the bridge's clock). */
export type ToldRow = LedgerRow & { readonly toldAt: number }

/** Something that came in, whatever became of it since. */
export interface Receipt {
  readonly item: string
  readonly camera: string
  readonly kind: LedgerRow['kind']
  readonly grantSerial: number
  readonly sha256: string
  readonly bytes: number
  readonly receivedAt: number
}

/**
 * `never-arrived`: the box says that all of it was taken, the bridge has no receipt. `cut`: a part left, and the whole
 * never came. `unknown-to-box`: received, and not in the box's ledger. `other-content`: the two books name different
 * bytes. `rows-missing`, `rewritten`: the ledger itself has a gap, or does not fit what it said before.
 */
type DifferenceKind = 'never-arrived' | 'cut' | 'unknown-to-box' | 'other-content' | 'rows-missing' | 'rewritten'

export interface Difference {
  readonly kind: DifferenceKind
  /** By the bridge's clock. */
  readonly at: number
  readonly camera: string | null
  readonly media: LedgerRow['kind'] | null
  readonly item: string | null
  /** What left by the box's book, or came by the bridge's. For the ledger itself: its rows. */
  readonly bytes: number
  readonly rows: readonly [from: number, to: number] | null
}

interface Sums {
  readonly items: number
  readonly bytes: number
}

export interface Comparison {
  /** Camera by camera, kind by kind. */
  readonly scopes: readonly {
    readonly camera: string
    readonly kind: LedgerRow['kind']
    readonly left: Sums
    readonly received: Sums
  }[]
  /** Items of which only one of the two has told as yet. */
  readonly waiting: number
  readonly differences: readonly Difference[]
}

// The box tells within seconds; longer than this, and it is a difference.
const GRACE_MS = 10 * 60_000
// A transfer of 256 MB over a poor line, with its pauses, may take so long before it is called cut.
const UNFINISHED_MS = 24 * 3_600_000

/** Puts the two books of one box side by side, item by item: all that each says of these items. */
export function compareBooks(rows: readonly ToldRow[], receipts: readonly Receipt[], nowMs: number): Comparison {
  const byItem = Map.groupBy(rows, ({ item }) => item)
  const received = new Map(receipts.map((receipt) => [receipt.item, receipt]))
  const differences: Difference[] = []
  let waiting = 0
  for (const [item, own] of byItem) {
    const found = ofItem(own, received.get(item), nowMs)
    if (found === 'waiting') waiting += 1
    else if (found) differences.push(found)
  }
  for (const receipt of receipts) {
    if (byItem.has(receipt.item)) continue
    if (nowMs - receipt.receivedAt < GRACE_MS) waiting += 1
    else differences.push(unknownToBox(receipt))
  }
  return { scopes: scopesOf(rows, receipts), waiting, differences }
}

/** What is to be said of one item that the box's ledger knows; undefined where both agree. */
function ofItem(
  rows: readonly ToldRow[],
  receipt: Receipt | undefined,
  nowMs: number,
): Difference | 'waiting' | undefined {
  const [first, last] = [rows[0], rows.at(-1)]
  if (!first || !last) return undefined
  const difference = (kind: DifferenceKind): Difference => {
    const { camera, kind: media, item } = last
    return { kind, at: last.toldAt, camera, media, item, bytes: leftIn(rows), rows: null }
  }
  if (receipt) {
    return rows.every(isOf(receipt)) && isWhatLeft(rows, receipt) ? undefined : difference('other-content')
  }
  const ageMs = nowMs - last.toldAt
  if (rows.some(({ outcome }) => outcome === 'done')) return ageMs < GRACE_MS ? 'waiting' : difference('never-arrived')
  if (last.outcome === 'begun') return ageMs < UNFINISHED_MS ? 'waiting' : difference('cut')
  return ageMs < GRACE_MS ? 'waiting' : difference('cut')
}

const isOf = (receipt: Receipt) => (row: ToldRow) => row.camera === receipt.camera && row.kind === receipt.kind

/**
 * An item's hash is known before it leaves. A part of a live view is not: its rows say how much may leave, and then what
 * did. Where it was cut, what was on its way never came: then less is received than left, and more would be a difference.
 */
function isWhatLeft(rows: readonly ToldRow[], { kind, sha256, bytes }: Receipt): boolean {
  if (kind !== 'live') return rows.every((row) => row.sha256 === sha256)
  const done = rows.find(({ outcome }) => outcome === 'done')
  if (done) return done.sha256 === sha256 && done.bytes === bytes
  const said = rows.find(({ outcome }) => outcome === 'cut') ?? rows[0]
  return said !== undefined && bytes <= said.bytes
}

function unknownToBox({ receivedAt: at, camera, kind: media, item, bytes }: Receipt): Difference {
  return { kind: 'unknown-to-box', at, camera, media, item, bytes, rows: null }
}

/**
 * Where the ledger itself does not hold together: each row's hash, and that it follows the one before. Rows in order of
 * their numbers, none left out that was told.
 */
export function chainDifferences(rows: readonly ToldRow[], nowMs: number): Difference[] {
  const found: Difference[] = []
  const say = (kind: DifferenceKind, at: number, from: number, to: number) => {
    const last = found.at(-1)
    const isNext = last?.kind === kind && (last.rows?.[1] ?? 0) >= from - 1
    const rows_ = [isNext ? (last.rows?.[0] ?? from) : from, to] as const
    if (isNext) found.pop()
    found.push({ kind, at, camera: null, media: null, item: null, bytes: 0, rows: rows_ })
  }
  let before: ToldRow | undefined
  for (const row of rows) {
    const { n, prev, toldAt } = row
    const isGap = before !== undefined && n > before.n + 1
    if (isGap && nowMs - toldAt >= GRACE_MS) say('rows-missing', toldAt, (before?.n ?? 0) + 1, n - 1)
    const follows = before?.n === n - 1 ? prev === before.hash : n !== 1 || prev === LEDGER_NOTHING
    if (row.hash !== ledgerHash(row) || before?.n === n || !follows) say('rewritten', toldAt, n, n)
    before = row
  }
  return found
}

const leftIn = (rows: readonly ToldRow[]): number =>
  rows.reduce((sum, { outcome, bytes }) => sum + (outcome === 'begun' ? 0 : bytes), 0)

function scopesOf(rows: readonly ToldRow[], receipts: readonly Receipt[]): Comparison['scopes'] {
  const keyOf = ({ camera, kind }: { camera: string; kind: string }) => `${camera}/${kind}`
  const left = Map.groupBy(rows, keyOf)
  const received = Map.groupBy(receipts, keyOf)
  const keys = [...new Set([...left.keys(), ...received.keys()])].sort()
  return keys.flatMap((key) => {
    const [out = [], came = []] = [left.get(key), received.get(key)]
    const of = out[0] ?? came[0]
    if (!of) return []
    return {
      camera: of.camera,
      kind: of.kind,
      left: { items: out.filter(({ outcome }) => outcome === 'done').length, bytes: leftIn(out) },
      received: { items: came.length, bytes: came.reduce((sum, { bytes }) => sum + bytes, 0) },
    }
  })
}
