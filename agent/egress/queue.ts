import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import { copyFile, open, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { Database } from '../base/database.ts'
import { LenscapError } from '../base/errors.ts'
import { syncFolder } from '../base/files.ts'
import type { Id } from '../protocol/envelope.ts'
import { UPLOAD_BYTES_MAX, UploadMetadata } from '../protocol/upload.ts'

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

/** A picture or a clip in a file of its own, ready to leave. */
export const EgressItem = UploadMetadata.omit({ grantSerial: true }).extend({
  path: z.string().min(1),
  bytes: z.number().int().min(1).max(UPLOAD_BYTES_MAX),
})
export type EgressItem = z.infer<typeof EgressItem>

/** An item that the queue owns, with how far it got. */
export interface QueuedItem extends Omit<EgressItem, 'path'> {
  /** Where the bridge takes it, once it has said so. */
  readonly uploadUrl: string | null
  /** Bytes that the bridge has confirmed. */
  readonly sentUpTo: number
  /** How often the bridge refused it. */
  readonly refusals: number
}

/** Items and their files. It owns each file from `add` to `remove`; a file that no row names is deleted at the start. */
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

  /** Moves the file in, on disk before it counts. @throws LenscapError `invalid` for an id that is there, `storage` */
  async add(item: EgressItem): Promise<void> {
    if (this.has(item.item)) throw new LenscapError('invalid', 'This item is queued already', { item: item.item })
    const to = this.pathOf(item.item)
    try {
      await move(item.path, to)
      const { size } = await stat(to)
      if (size !== item.bytes) {
        throw new LenscapError('storage', 'The media file is not as long as was said', { bytes: item.bytes, size })
      }
      await syncFolder(this.#folder)
      this.#insert(item)
    } catch (error) {
      await rm(to, { force: true })
      throw error
    }
  }

  #insert(item: EgressItem): void {
    const { path: _path, ...row } = item
    this.#db
      .prepare(
        'INSERT INTO item (item, camera, kind, contentType, bytes, sha256, takenAt, durationMs, reason) VALUES (@item, @camera, @kind, @contentType, @bytes, @sha256, @takenAt, @durationMs, @reason)',
      )
      .run(row)
  }

  /** Snapshots before clips, since they are small and quick; of each the newest first, worth most to who waits. */
  next(): QueuedItem | undefined {
    return this.#db
      .prepare<[], QueuedItem>("SELECT * FROM item ORDER BY refusals, kind = 'clip', takenAt DESC LIMIT 1")
      .get()
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

  oldestExcept(newest: Id, active: Id | undefined): QueuedItem | undefined {
    return this.#db
      .prepare<[Id, Id], QueuedItem>('SELECT * FROM item WHERE item NOT IN (?, ?) ORDER BY takenAt LIMIT 1')
      .get(newest, active ?? newest)
  }

  noteProgress(item: Id, uploadUrl: string, sentUpTo: number): void {
    this.#db.prepare('UPDATE item SET uploadUrl = ?, sentUpTo = ? WHERE item = ?').run(uploadUrl, sentUpTo, item)
  }

  noteRefusal(item: Id): void {
    this.#db.prepare('UPDATE item SET refusals = refusals + 1 WHERE item = ?').run(item)
  }

  /** Forgets the item and deletes its file: the file first, since a full disk refuses to change rows. */
  remove(item: Id): void {
    rmSync(this.pathOf(item), { force: true })
    this.#forget(item)
  }

  /** Forgets an item that has arrived, in one commit with what `note` writes about it; then deletes its file. */
  finish(item: Id, note: () => void): void {
    this.#db.transaction(() => {
      note()
      this.#forget(item)
    })()
    rmSync(this.pathOf(item), { force: true })
  }

  #forget(item: Id): void {
    this.#db.prepare('DELETE FROM item WHERE item = ?').run(item)
  }
}

async function move(from: string, to: string): Promise<void> {
  const file = await open(from, 'r+')
  try {
    await file.sync()
  } finally {
    await file.close()
  }
  try {
    await rename(from, to)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EXDEV')) throw error
    // Made on another file system, mostly in memory.
    await copyFile(from, to)
    await rm(from, { force: true })
  }
}
