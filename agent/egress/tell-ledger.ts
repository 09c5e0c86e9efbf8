import { Bell } from '../base/bell.ts'
import type { Clock } from '../base/clock.ts'
import { describeError } from '../base/errors.ts'
import type { Logger } from '../base/logger.ts'
import { LEDGER_ROWS_MAX } from '../protocol/ledger.ts'
import type { Ledger, LedgerRow } from './ledger.ts'

// A small item begins and ends within it: one message says both.
const GATHER_MS = 1000
const RETRY_MS = 60_000
const IDLE_MS = 3_600_000

interface Telling {
  readonly ledger: Ledger
  /** Resolves when the rows are on disk for the bridge. */
  readonly onLedger: (rows: LedgerRow[]) => Promise<unknown>
  readonly clock: Clock
  readonly logger: Logger
  readonly signal: AbortSignal
}

/** Hands on every row of the ledger, in order, until the signal fires; after a crash, perhaps the last ones again. Never throws. */
export async function tellLedger({ ledger, onLedger, clock, logger, signal }: Telling): Promise<void> {
  const bell = new Bell(clock)
  ledger.watch(bell.ring)
  signal.addEventListener('abort', bell.ring)
  const pause = (ms: number) => clock.sleep(ms, signal).catch(() => {})
  while (!signal.aborted) {
    try {
      const rows = ledger.untold(LEDGER_ROWS_MAX)
      const last = rows.at(-1)
      if (last === undefined) {
        await bell.wait(IDLE_MS)
        await pause(GATHER_MS)
        continue
      }
      await onLedger(rows)
      ledger.noteTold(last.n)
    } catch (error) {
      logger.warn({ reason: describeError(error) }, 'The bridge can not be told of the ledger yet')
      await pause(RETRY_MS)
    }
  }
  signal.removeEventListener('abort', bell.ring)
}
