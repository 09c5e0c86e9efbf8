import { closeSync, fstatSync, openSync, readSync, writeSync } from 'node:fs'
import { SEALED_CHUNK_BYTES } from '../../agent/protocol/media-cipher.ts'
import { Refusal } from './refusal.ts'
import { Check, type CheckJob, checkBuffer } from './verify.ts'

/** A transfer that comes in: what is gathered goes to the end of its file, and is verified from the same memory. */
export class Inflow implements Disposable {
  readonly check: Check
  readonly #file: number
  readonly #buffer = checkBuffer()
  /** What the buffer holds: bytes of the file from `check.at`, of which so many are in the file. */
  #filled = 0
  #written = 0

  /**
   * @param bytes how long the file is
   * @param former how far a former request got with it
   * @throws Error of the disk; Refusal 409 for another length, 400 for a damaged head
   */
  constructor(job: CheckJob, bytes: number, former: Check | undefined) {
    this.check = former ?? new Check(job)
    this.#file = openSync(job.file, 'r+')
    try {
      if (fstatSync(this.#file).size !== bytes) throw new Refusal(409, 'Upload-Offset is not where it ends')
      this.check.catchUp(bytes, this.#buffer)
      this.#filled = readSync(this.#file, this.#buffer, 0, bytes - this.check.at, this.check.at)
      this.#written = this.#filled
    } catch (error) {
      closeSync(this.#file)
      throw error
    }
  }

  /** @throws Error of the disk */
  take(some: Uint8Array): void {
    for (let from = 0; from < some.length; ) {
      const part = some.subarray(from, from + this.#buffer.length - this.#filled)
      this.#buffer.set(part, this.#filled)
      this.#filled += part.length
      from += part.length
      if (this.#filled === this.#buffer.length) this.flush()
    }
  }

  /** All that came is in the file, and the whole chunks of it are verified. Gives how long the file is. @throws Error of the disk */
  flush(): number {
    while (this.#written < this.#filled) {
      const at = this.check.at + this.#written
      this.#written += writeSync(this.#file, this.#buffer, this.#written, this.#filled - this.#written, at)
    }
    const whole = this.#filled - (this.#filled % SEALED_CHUNK_BYTES)
    this.check.take(this.#buffer.subarray(0, whole))
    this.#buffer.copyWithin(0, whole, this.#filled)
    this.#filled -= whole
    this.#written -= whole
    return this.check.at + this.#filled
  }

  [Symbol.dispose](): void {
    closeSync(this.#file)
  }
}
