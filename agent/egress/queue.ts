import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import * as z from 'zod'
import type { Database } from '../base/database.ts'
import { LenscapError } from '../base/errors.ts'
import { syncFolder } from '../base/files.ts'
import type { Id } from '../protocol/envelope.ts'
import { sealedBytesOf } from '../protocol/media-cipher.ts'
import { UPLOAD_BYTES_MAX, UploadMetadata } from '../protocol/upload.ts'
import { sealFile } from './seal.ts'

export const QUEUE_TABLES = `
  CREATE TABLE item (
    item TEXT PRIMARY KEY,
    camera TEXT NOT NULL,
    kind TEXT NOT NULL,
    contentType TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    takenAt INTEGER NOT NULL,
    durationMs INTEGER NOT NULL,
    reason TEXT NOT NULL,
    uploadUrl TEXT,
    sentUpTo INTEGER NOT NULL DEFAULT 0,
    refusals INTEGER NOT NULL DEFAULT 0
  ) STRICT;
`

/** What was queued before this step is not encrypted: it has no envelope, and never leaves. */
export const QUEUE_SEALED = 'ALTER TABLE item ADD COLUMN envelope TEXT;'

/** A picture or a clip in a file of its own, as it was taken. */
export const EgressItem = UploadMetadata.omit({ grantSerial: true, envelope: true }).extend({
  path: z.string().min(1),
  bytes: z.number().int().min(1).max(UPLOAD_BYTES_MAX),
})
export type EgressItem = z.infer<typeof EgressItem>

/** An encrypted item that the queue owns, with how far it got. `bytes` and `sha256` are those of its chunks. */
export interface QueuedItem extends Omit<EgressItem, 'path'> {
  /** Its head, base64url. */
  readonly envelope: string
  /** Where the bridge takes it, once it has said so. */
  readonly uploadUrl: string | null
  /** Bytes that the bridge has confirmed. */
  readonly sentUpTo: number
  /** How often the bridge refused it. */
  readonly refusals: number
  /** When it was queued, by the queue's own time. */
  readonly queuedMs: number
}

interface AddOptions {
  /** age recipients. */
  readonly recipients: readonly string[]
  /** Asked before each chunk: what it throws ends the work, and nothing is kept. */
  readonly check: () => void
  /** The queue's own time. */
  readonly nowMs: () => number
}

/**
 * Encrypted items and their files. Nobody on the box can read them any more. It owns each file from `add` to `remove`; a
 * file that no row names is deleted at the start.
 */
export class MediaQueue {
  /** Files that no row named, deleted at the start: a crash lay between the file and its row. */
  readonly strays: number
  readonly #db: Database
  readonly #folder: string

  constructor(db: Database, folder: string) {
    this.#db = db
    this.#folder = folder
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    const strays = readdirSync(folder).filter((file) => !this.has(file))
    for (const file of strays) rmSync(join(folder, file), { force: true, recursive: true })
    this.strays = strays.length
  }

  pathOf(item: Id): string {
    return join(this.#folder, item)
  }

  /**
   * Encrypts the item's file into one of its own, on disk before it counts; the plain file stays the caller's.
   * @throws LenscapError `invalid` for an id that is there, `unsupported` for recipients that can't be encrypted for,
   * `limit` for an item that is too large for one upload, `storage`
   */
  async add(item: EgressItem, { recipients, check, nowMs }: AddOptions): Promise<void> {
    if (this.has(item.item)) throw new LenscapError('invalid', 'This item is queued already', { item: item.item })
    const { path: from, bytes, sha256: _plain, ...label } = item
    if (sealedBytesOf(bytes) > UPLOAD_BYTES_MAX) {
      throw new LenscapError('limit', 'The item is larger than an upload may be', { bytes })
    }
    const to = this.pathOf(item.item)
    try {
      const sealed = await sealFile({ from, to, label, bytes, recipients, check })
      await syncFolder(this.#folder)
      this.#insert({ ...label, ...sealed, queuedMs: nowMs() })
    } catch (error) {
      await rm(to, { force: true })
      throw error
    }
  }

  #insert(row: Omit<QueuedItem, 'uploadUrl' | 'sentUpTo' | 'refusals'>): void {
    this.#db
      .prepare(
        'INSERT INTO item (item, camera, kind, contentType, bytes, sha256, takenAt, durationMs, reason, envelope, queuedMs) VALUES (@item, @camera, @kind, @contentType, @bytes, @sha256, @takenAt, @durationMs, @reason, @envelope, @queuedMs)',
      )
      .run(row)
  }

  /** Deletes what a release of before encryption left here, and says how many items that were. */
  removeUnsealed(): number {
    const items = this.#db.prepare<[], Id>('SELECT item FROM item WHERE envelope IS NULL').pluck().all()
    this.remove(...items)
    return items.length
  }

  /**
   * Snapshots before clips, since they are small and quick; of each the newest first, worth most to who waits.
   * @param except items that are on their way
   */
  next(except: readonly Id[] = []): QueuedItem | undefined {
    return this.#db
      .prepare<[string], QueuedItem>(
        "SELECT * FROM item WHERE item NOT IN (SELECT value FROM json_each(?)) ORDER BY refusals, kind = 'clip', takenAt DESC LIMIT 1",
      )
      .get(JSON.stringify(except))
  }

  get(item: Id): QueuedItem | undefined {
    return this.#db.prepare<[Id], QueuedItem>('SELECT * FROM item WHERE item = ?').get(item)
  }

  has(item: Id): boolean {
    return this.get(item) !== undefined
  }

  depth(): { readonly items: number; readonly bytes: number } {
    const sums = this.#db.prepare<[], { items: number; bytes: number }>(
      'SELECT count(*) AS items, coalesce(sum(bytes), 0) AS bytes FROM item',
    )
    return sums.get() ?? { items: 0, bytes: 0 }
  }

  /** The cameras and kinds of which something waits. */
  scopes(): { readonly camera: Id; readonly kind: QueuedItem['kind'] }[] {
    return this.#db
      .prepare<[], { camera: Id; kind: QueuedItem['kind'] }>('SELECT DISTINCT camera, kind FROM item')
      .all()
  }

  /** What waits of one camera and kind. */
  inScope(camera: Id, kind: QueuedItem['kind']): QueuedItem[] {
    return this.#db
      .prepare<[Id, string], QueuedItem>('SELECT * FROM item WHERE camera = ? AND kind = ?')
      .all(camera, kind)
  }

  oldestExcept(except: readonly Id[]): QueuedItem | undefined {
    return this.#db
      .prepare<[string], QueuedItem>(
        'SELECT * FROM item WHERE item NOT IN (SELECT value FROM json_each(?)) ORDER BY takenAt LIMIT 1',
      )
      .get(JSON.stringify(except))
  }

  /** What was queued before then, by the queue's own time. */
  queuedUpTo(ms: number, except: readonly Id[]): QueuedItem[] {
    return this.#db
      .prepare<[number, string], QueuedItem>(
        'SELECT * FROM item WHERE queuedMs < ? AND item NOT IN (SELECT value FROM json_each(?)) ORDER BY queuedMs',
      )
      .all(ms, JSON.stringify(except))
  }

  /** Its first byte is about to leave for this address: one commit with what `note` writes about it. */
  begin(item: Id, uploadUrl: string | null, note: () => void): void {
    this.#db.transaction(() => {
      note()
      this.#db.prepare('UPDATE item SET uploadUrl = ? WHERE item = ?').run(uploadUrl, item)
    })()
  }

  noteProgress(item: Id, uploadUrl: string, sentUpTo: number): void {
    this.#db.prepare('UPDATE item SET uploadUrl = ?, sentUpTo = ? WHERE item = ?').run(uploadUrl, sentUpTo, item)
  }

  noteRefusal(item: Id): void {
    this.#db.prepare('UPDATE item SET refusals = refusals + 1 WHERE item = ?').run(item)
  }

  /** Forgets items and deletes their files: all files before the first row, since a full disk refuses to change rows. */
  remove(...items: readonly Id[]): void {
    for (const item of items) rmSync(this.pathOf(item), { force: true })
    for (const item of items) this.#forget(item)
  }

  /** Forgets an item that has arrived, in one commit with what `note` writes about it; then deletes its file. */
  async finish(item: Id, note: () => void): Promise<void> {
    this.#db.transaction(() => {
      note()
      this.#forget(item)
    })()
    await rm(this.pathOf(item), { force: true })
  }

  #forget(item: Id): void {
    this.#db.prepare('DELETE FROM item WHERE item = ?').run(item)
  }
}
