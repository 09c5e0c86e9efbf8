import type { Clock } from '../base/clock.ts'
import type { Grant } from '../consent/consent.ts'
import type { Ledger, LedgerEntry } from './ledger.ts'
import type { Pace } from './pace.ts'
import type { MediaQueue, QueuedItem } from './queue.ts'
import type { Turn } from './turns.ts'
import type { UploadTarget } from './upload.ts'

export interface SendOptions {
  readonly item: QueuedItem
  readonly grant: Grant
  readonly target: UploadTarget
  readonly queue: MediaQueue
  readonly ledger: Ledger
  readonly pace: Pace
  readonly turn: Turn
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly chunkBytes: number
  readonly stallMs: number
}

/**
 * Sends one item and keeps the books: the ledger says that a transfer begins before its first byte leaves, and how it
 * ended. Resolves with the bytes of this transfer once the bridge has the whole item, which is then gone from the queue.
 */
export async function sendItem(options: SendOptions): Promise<number> {
  const { item, grant, queue, ledger, clock } = options
  const { uploadUrl, sentUpTo, refusals: _refusals, queuedMs: _queued, bytes, ...metadata } = item
  const entry = {
    item: item.item,
    camera: item.camera,
    kind: item.kind,
    sha256: item.sha256,
    grantSerial: grant.serial,
  }
  const write = (outcome: LedgerEntry['outcome'], moved: number) =>
    ledger.append({ ...entry, at: clock.nowMs(), outcome, bytes: moved })
  const end = async (book: () => unknown) => {
    try {
      await book()
    } catch (error) {
      ledger.noteMissingEnd()
      throw error
    }
  }
  // The tus client is loaded when the first item leaves: a box that sends no media never has it in memory.
  const { upload } = await import('./upload.ts')
  let sent = 0
  let address = uploadUrl
  const beforePiece = (pieceBytes: number) => {
    // On disk before the first byte leaves: whatever happens to us, the rest goes where the beginning went.
    if (sent === 0) queue.begin(item.item, address, () => write('begun', bytes - sentUpTo))
    sent += pieceBytes
  }
  const onProgress = (url: string, offset: number) => {
    address = url
    // Of the last piece the next commit tells.
    if (sent > 0 && offset < bytes) queue.noteProgress(item.item, url, offset)
  }
  try {
    await upload({
      ...options,
      path: queue.pathOf(item.item),
      bytes,
      metadata: { ...metadata, grantSerial: entry.grantSerial },
      uploadUrl,
      onProgress,
      beforePiece,
    })
  } catch (error) {
    if (sent > 0) await end(() => write('cut', sent))
    throw error
  }
  await end(() => queue.finish(item.item, () => write('done', sent)))
  return sent
}
