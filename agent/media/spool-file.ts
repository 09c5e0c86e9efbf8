import { createHash } from 'node:crypto'
import { existsSync, rmSync } from 'node:fs'
import { type FileHandle, mkdir, open, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { LenscapError } from '../base/errors.ts'
import { syncFolder } from '../base/files.ts'

const UNFINISHED = '.part'

/** A file that grows under a temporary name and gets its own only when it is whole and on the disk. */
export class SpoolFile {
  readonly #folder: string
  readonly #path: string
  readonly #hash = createHash('sha256')
  #file: FileHandle | undefined
  #bytes = 0
  #sealed = false
  #discarded = false
  #handedOver = false

  constructor(folder: string, name: string) {
    this.#folder = folder
    this.#path = join(folder, name)
  }

  /**
   * Appends the parts as one write; the first one makes the file. One at a time.
   * @throws LenscapError `storage`
   */
  async append(parts: readonly Uint8Array[]): Promise<void> {
    if (this.#sealed || this.#discarded) return
    try {
      this.#file ??= await this.#create()
      await this.#write(parts)
    } catch (error) {
      if (!this.#discarded) throw this.#storage(error)
    }
  }

  async #write(parts: readonly Uint8Array[]): Promise<void> {
    for (const part of parts) {
      this.#hash.update(part)
      this.#bytes += part.length
    }
    let left = [...parts]
    while (left.length > 0 && !this.#discarded) {
      // More parts than IOV_MAX (1024) are refused by some kernels.
      const batch = left.splice(0, 512)
      const wanted = batch.reduce((sum, part) => sum + part.length, 0)
      const { bytesWritten } = (await this.#file?.writev(batch)) ?? { bytesWritten: wanted }
      if (bytesWritten < wanted) left = [Buffer.concat(batch).subarray(bytesWritten), ...left]
    }
  }

  /**
   * Puts the file on the disk under its own name: fsync, rename, fsync of the folder.
   * @returns undefined where it was discarded in the meantime
   * @throws LenscapError `storage`
   */
  async finish(): Promise<{ path: string; bytes: number; sha256: string } | undefined> {
    if (this.#discarded) return undefined
    this.#sealed = true
    try {
      await this.#settle()
    } catch (error) {
      if (!this.#discarded) throw this.#storage(error)
    }
    if (this.#discarded) {
      // The rename may have been under way when it was discarded, and brought it back.
      this.#remove()
      return undefined
    }
    this.#handedOver = true
    return { path: this.#path, bytes: this.#bytes, sha256: this.#hash.digest('hex') }
  }

  /**
   * Removes the file at once, even in the middle of a write. Does nothing after `finish` has handed it over.
   * @throws LenscapError `storage` where the disk does not let it go
   */
  discard(): void {
    if (this.#handedOver) return
    this.#discarded = true
    void this.#close()
    this.#remove()
  }

  async #settle(): Promise<void> {
    try {
      await this.#file?.sync()
    } finally {
      await this.#close()
    }
    if (this.#discarded) return
    await rename(this.#path + UNFINISHED, this.#path)
    await syncFolder(this.#folder)
  }

  #remove(): void {
    try {
      rmSync(this.#path + UNFINISHED, { force: true })
      rmSync(this.#path, { force: true })
    } catch (cause) {
      const path = this.#path
      if (existsSync(path + UNFINISHED) || existsSync(path)) {
        throw new LenscapError('storage', `Can't remove ${path}: check that the disk is writable`, { path }, cause)
      }
    }
  }

  async #create(): Promise<FileHandle> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 })
    const file = await open(this.#path + UNFINISHED, 'wx', 0o600)
    if (this.#discarded) {
      // It was discarded while it came into being.
      this.#remove()
      await file.close()
    }
    return file
  }

  #storage(cause: unknown): LenscapError {
    const path = this.#path
    return new LenscapError(
      'storage',
      `Can't write ${path}: check that the disk has room and is writable`,
      { path },
      cause,
    )
  }

  /** Waits for a write that is under way. Closing twice does no harm. */
  async #close(): Promise<void> {
    await this.#file?.close().catch(() => {})
  }
}

/**
 * Empties the folder at the start, and says of how many files. Before anything is written nothing in it is anyone's: what
 * was handed over was moved away, and what a crash left behind, whole or not, nobody would ever take or remove.
 */
export async function clearAtStart(folder: string): Promise<number> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const names = await readdir(folder)
  for (const name of names) await rm(join(folder, name), { force: true, recursive: true })
  return names.length
}
