import { open } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { LenscapError } from '../base/errors.ts'

// Small, so that permission is asked often and little is under way when it ends.
const PIECE_BYTES = 64 * 1024
// Larger, since each read is a way to another thread and back.
const READ_BYTES = 4 * PIECE_BYTES

/** A part of a file as a stream whose length is known before it is read. */
export type SizedStream = Readable & { readonly size: number }

/**
 * Bytes `start` to `end` (exclusive) of a file. `beforePiece` is asked before each piece is let out; what it throws
 * ends the stream, and the piece stays.
 */
export function filePart(
  path: string,
  start: number,
  end: number,
  beforePiece: (bytes: number) => Promise<void>,
): SizedStream {
  async function* pieces(): AsyncGenerator<Buffer> {
    const file = await open(path, 'r')
    try {
      for (let at = start; at < end; ) {
        const buffer = Buffer.allocUnsafeSlow(Math.min(READ_BYTES, end - at))
        const { bytesRead } = await file.read({ buffer, position: at })
        if (bytesRead === 0) throw new LenscapError('storage', 'The media file is shorter than it was', { path })
        for (let from = 0; from < bytesRead; from += PIECE_BYTES) {
          const piece = buffer.subarray(from, Math.min(from + PIECE_BYTES, bytesRead))
          await beforePiece(piece.length)
          yield piece
        }
        at += bytesRead
      }
    } finally {
      await file.close()
    }
  }
  return Object.assign(Readable.from(pieces(), { objectMode: false, highWaterMark: 1 }), { size: end - start })
}
