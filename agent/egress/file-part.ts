import { open } from 'node:fs/promises'
import type { Writable } from 'node:stream'
import { LenscapError } from '../base/errors.ts'

// Small, so that permission is asked often and little is under way when it ends.
const PIECE_BYTES = 64 * 1024
// Larger, since each read is a way to another thread and back.
const READ_BYTES = 4 * PIECE_BYTES

interface PartOptions {
  readonly path: string
  readonly start: number
  /** Exclusive. */
  readonly end: number
  /** Asked before each piece is let out; what it throws ends the sending, and the piece stays. */
  readonly beforePiece: (bytes: number) => Promise<void>
  /** The last piece was let out. */
  readonly onSent: () => void
}

/** A part of a file that is about to be sent. */
export class FilePart {
  readonly #options: PartOptions
  #stopped = false

  constructor(options: PartOptions) {
    this.#options = options
  }

  get size(): number {
    return this.#options.end - this.#options.start
  }

  /** No piece is let out any more. */
  stop(): void {
    this.#stopped = true
  }

  /**
   * Writes it, piece by piece, always out of the same memory: each one when the one before it is the system's.
   * @throws LenscapError `storage` where the file is shorter than it was; or can't be read; what `beforePiece` throws; the line's errors
   */
  async sendInto(to: Writable): Promise<void> {
    const { path, start, end, beforePiece, onSent } = this.#options
    const buffer = Buffer.allocUnsafeSlow(Math.min(READ_BYTES, this.size))
    await using file = await open(path, 'r').catch((cause: unknown) => unreadable(path, cause))
    for (let at = start; at < end && !this.#stopped; ) {
      const { bytesRead } = await file
        .read({ buffer, length: Math.min(buffer.length, end - at), position: at })
        .catch((cause: unknown) => unreadable(path, cause))
      if (bytesRead === 0) throw new LenscapError('storage', 'The media file is shorter than it was', { path })
      for (let from = 0; from < bytesRead && !this.#stopped; from += PIECE_BYTES) {
        const piece = buffer.subarray(from, Math.min(from + PIECE_BYTES, bytesRead))
        await beforePiece(piece.length)
        await written(to, piece)
      }
      at += bytesRead
    }
    if (!this.#stopped) onSent()
  }
}

function unreadable(path: string, cause: unknown): never {
  throw new LenscapError('storage', "The media file can't be read", { path }, cause)
}

function written(to: Writable, piece: Buffer): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  to.write(piece, (error) => (error ? reject(error) : resolve()))
  return promise
}
