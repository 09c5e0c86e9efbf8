import { LenscapError } from '../base/errors.ts'
import { CHUNK_BYTES, chunksOf, type MediaCipher, SEALED_CHUNK_BYTES, sealedBytesOf } from './media-cipher.ts'

/** Bytes, both ends counted. */
export interface PlainRange {
  readonly start: number
  readonly end: number
}

/**
 * An item's chunks, one after the other, of a source that has exactly so many bytes.
 * @throws LenscapError `storage` where it has more or fewer
 */
export async function* sealed(
  cipher: MediaCipher,
  plainBytes: number,
  source: AsyncIterable<Buffer>,
): AsyncGenerator<Buffer> {
  const last = chunksOf(plainBytes) - 1
  let [number, bytes] = [0, 0]
  for await (const plain of inPieces(source, CHUNK_BYTES)) {
    bytes += plain.length
    if (bytes > plainBytes) break
    yield cipher.seal(number, number === last, plain)
    number += 1
  }
  if (bytes !== plainBytes) throw new LenscapError('storage', 'The media file is not as long as was said', { bytes })
}

/** Which bytes of the chunks hold these plain ones: whole chunks. Both ends counted. */
export function sealedRange(plainBytes: number, { start, end }: PlainRange): PlainRange {
  const first = Math.floor(start / CHUNK_BYTES)
  const past = Math.floor(end / CHUNK_BYTES) + 1
  return { start: first * SEALED_CHUNK_BYTES, end: Math.min(past * SEALED_CHUNK_BYTES, sealedBytesOf(plainBytes)) - 1 }
}

/**
 * The plain bytes of a range, from the chunks that `sealedRange` names. What was verified is given out, never more.
 * @throws LenscapError `invalid` for a chunk that was changed, is another's or is missing
 */
export async function* opened(
  cipher: MediaCipher,
  plainBytes: number,
  { start, end }: PlainRange,
  source: AsyncIterable<Buffer>,
): AsyncGenerator<Buffer> {
  const last = chunksOf(plainBytes) - 1
  let number = Math.floor(start / CHUNK_BYTES)
  let at = number * CHUNK_BYTES
  for await (const chunk of inPieces(source, SEALED_CHUNK_BYTES)) {
    const plain = cipher.open(number, number === last, chunk)
    yield plain.subarray(Math.max(0, start - at), end + 1 - at)
    number += 1
    at += plain.length
  }
  if (at <= end) throw new LenscapError('invalid', 'An encrypted item is shorter than it was', { at })
}

/** The same bytes in pieces of this length; the last may be shorter. */
async function* inPieces(source: AsyncIterable<Buffer>, length: number): AsyncGenerator<Buffer> {
  let held: Buffer[] = []
  let bytes = 0
  for await (const part of source) {
    held.push(part)
    bytes += part.length
    if (bytes < length) continue
    const all = held.length === 1 ? part : Buffer.concat(held)
    let at = 0
    for (; bytes - at >= length; at += length) yield all.subarray(at, at + length)
    held = at < bytes ? [all.subarray(at)] : []
    bytes -= at
  }
  if (bytes > 0) yield Buffer.concat(held)
}
