import { mkdir, open, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Readable } from 'node:stream'
import { LenscapError } from '../../agent/base/errors.ts'
import { syncFolder } from '../../agent/base/files.ts'
import type { ByteRange, MediaStore } from './media-store.ts'

const BLOB = /^[a-z2-7]{32}$/

/** Blobs as files, spread over folders by the first two letters of their keys. */
export class FileMediaStore implements MediaStore {
  readonly #root: string

  constructor(root: string) {
    this.#root = root
  }

  async adopt(blob: string, file: string): Promise<void> {
    const path = this.#path(blob)
    try {
      const made = await mkdir(dirname(path), { recursive: true, mode: 0o700 })
      const handle = await open(file, 'r+')
      try {
        await handle.chmod(0o600)
        await handle.sync()
      } finally {
        await handle.close()
      }
      await rename(file, path)
      await syncFolder(dirname(path))
      if (made !== undefined) await syncFolder(this.#root)
    } catch (cause) {
      throw new LenscapError('storage', "Can't keep a media file: check the disk", {}, cause)
    }
  }

  async read(blob: string, range: ByteRange): Promise<Readable> {
    try {
      const handle = await open(this.#path(blob), 'r')
      return handle.createReadStream({ start: range.start, end: range.end })
    } catch (cause) {
      throw new LenscapError('storage', 'A media file is missing', {}, cause)
    }
  }

  async remove(blob: string): Promise<void> {
    const path = this.#path(blob)
    await rm(path, { force: true })
    // Else a power cut could bring back what the records no longer know. No folder: there was never a blob in it.
    await syncFolder(dirname(path)).catch(() => {})
  }

  #path(blob: string): string {
    if (!BLOB.test(blob)) throw new LenscapError('invalid', 'A blob key has 32 letters of base32')
    return join(this.#root, blob.slice(0, 2), blob)
  }
}
