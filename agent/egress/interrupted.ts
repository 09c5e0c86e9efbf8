import type { Clock } from '../base/clock.ts'
import type { Ledger } from './ledger.ts'
import type { MediaQueue } from './queue.ts'

interface Books {
  readonly ledger: Ledger
  readonly queue: MediaQueue
  readonly clock: Clock
  readonly chunkBytesMax: number
}

/** Transfers that a power cut ended get their end in the ledger, with as much as may have left. */
export function closeInterrupted({ ledger, queue, clock, chunkBytesMax }: Books): void {
  for (const begun of ledger.interrupted()) {
    const item = queue.get(begun.item)
    // Where the item is gone, nobody knows how far it got: all of it may have left.
    const confirmed = item ? item.sentUpTo - (item.bytes - begun.bytes) : begun.bytes
    const bytes = Math.min(begun.bytes, confirmed + chunkBytesMax)
    ledger.append({ ...begun, at: clock.nowMs(), outcome: 'cut', bytes })
  }
}
