import { createHash } from 'node:crypto'
import * as z from 'zod'
import { Id, payload, TimeMs } from './envelope.ts'
import { MediaKind } from './media-kind.ts'

const Sha256 = z.string().regex(/^[0-9a-f]{64}$/)
const Count = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER)

/** The hash before the first row's. */
export const LEDGER_NOTHING = '0'.repeat(64)

/**
 * `begun`: on disk before the first byte leaves; `bytes` is what may leave at most. `done`, `cut`: the transfer's end;
 * `bytes` is what was sent in it, never less than what left.
 */
export const LedgerOutcome = z.enum(['begun', 'done', 'cut'])
export type LedgerOutcome = z.infer<typeof LedgerOutcome>

/** One line of the egress ledger. An item has several where its transfer was cut and taken up again. */
export const LedgerRow = z.object({
  /** From 1, without gaps, for the box's whole life. */
  n: Count.min(1),
  at: TimeMs,
  item: Id,
  camera: Id,
  kind: MediaKind,
  grantSerial: Count,
  /** Of the whole item, as it is sent. */
  sha256: Sha256,
  bytes: Count,
  outcome: LedgerOutcome,
  /** The hash of the row before. */
  prev: Sha256,
  hash: Sha256,
})
export type LedgerRow = z.infer<typeof LedgerRow>

/** Rows in one message: 100 KB, well below what a broker takes. */
export const LEDGER_ROWS_MAX = 200

/** Rows of the box's ledger, in order. Sent again after a crash, they are the same rows: their numbers tell. */
export const LedgerRows = payload({ rows: z.array(LedgerRow).min(1).max(LEDGER_ROWS_MAX) })

/** SHA-256 of the canonical text: a JSON array in this order, without spaces, after a tag of its own. */
export function ledgerHash(row: Omit<LedgerRow, 'hash'>): string {
  const { n, at, item, camera, kind, grantSerial, sha256, bytes, outcome, prev } = row
  const text = JSON.stringify([n, at, item, camera, kind, grantSerial, sha256, bytes, outcome, prev])
  return createHash('sha256').update(`lenscap-ledger-v1\n${text}`).digest('hex')
}
