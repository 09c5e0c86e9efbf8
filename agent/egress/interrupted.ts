import type { Clock } from '../base/clock.ts'
import { describeError } from '../base/errors.ts'
import type { Logger } from '../base/logger.ts'
import type { Ledger } from './ledger.ts'
import type { MediaQueue } from './queue.ts'

export interface Books {
  readonly ledger: Ledger
  readonly queue: MediaQueue
  readonly clock: Clock
  readonly chunkBytesMax: number
}

/**
 * Transfers whose end was not booked, for want of power or of room on the disk, get it before the next begins: with as much
 * as may have left.
 */
export function closeInterrupted({ ledger, queue, clock, chunkBytesMax }: Books): void {
  for (const begun of ledger.interrupted()) {
    const item = queue.get(begun.item)
    // Where the item is gone, nobody knows how far it got: all of it may have left.
    const confirmed = item ? item.sentUpTo - (item.bytes - begun.bytes) : begun.bytes
    const bytes = Math.min(begun.bytes, confirmed + chunkBytesMax)
    ledger.append({ ...begun, at: clock.nowMs(), outcome: 'cut', bytes })
  }
}

/** The same at the start, where a full disk must not keep the box from running. */
export function closeAtStart(books: Books, logger: Logger): void {
  try {
    closeInterrupted(books)
  } catch (error) {
    if (!isOfBooks(error)) throw error
    logger.warn({ reason: describeError(error) }, 'The ledger takes no row: nothing leaves until it does')
  }
}

/** Of the box's own books: nothing is wrong with the item. */
export const isOfBooks = (error: unknown) =>
  error instanceof Error && 'code' in error && /^SQLITE_/.test(String(error.code))
