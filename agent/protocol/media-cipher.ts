import { createCipheriv, createDecipheriv } from 'node:crypto'
import { LenscapError } from '../base/errors.ts'

/**
 * Plain bytes of every chunk but the last. Large enough that its tag costs 0.02 % and that the cipher's set-up is lost in
 * it, small enough that a reader gets to any place by at most 64 KB that it doesn't need, and holds no more in memory.
 */
export const CHUNK_BYTES = 65_536
const TAG_BYTES = 16
export const SEALED_CHUNK_BYTES = CHUNK_BYTES + TAG_BYTES
export const KEY_BYTES = 32
/** The item's own part of each nonce. */
export const PREFIX_BYTES = 7

const ALGORITHM = 'aes-256-gcm'

export const chunksOf = (plainBytes: number): number => Math.ceil(plainBytes / CHUNK_BYTES)

/** How long the chunks of so many plain bytes are together. */
export const sealedBytesOf = (plainBytes: number): number => plainBytes + chunksOf(plainBytes) * TAG_BYTES

/**
 * One item's chunks (AES-256-GCM in the STREAM construction: Hoang, Reyhanitabar, Rogaway, Vizár, 2015). Each chunk's nonce
 * is the item's prefix, the chunk's number and whether it is the last; the hash of the item's head is bound to all of
 * them. So a chunk opens only unchanged, in its place, of its item, and as the end only where the end is.
 */
export class MediaCipher {
  readonly #key: Buffer
  readonly #prefix: Buffer
  readonly #bound: Buffer

  constructor(key: Buffer, prefix: Buffer, bound: Buffer) {
    this.#key = key
    this.#prefix = prefix
    this.#bound = bound
  }

  /** Once for each number: the same nonce twice would give the key away. */
  seal(number: number, isLast: boolean, plain: Buffer): Buffer {
    const cipher = createCipheriv(ALGORITHM, this.#key, this.#nonce(number, isLast)).setAAD(this.#bound)
    return Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()])
  }

  /** @throws LenscapError `invalid` for a chunk that is not this one, unchanged */
  open(number: number, isLast: boolean, sealed: Buffer): Buffer {
    if (sealed.length <= TAG_BYTES || sealed.length > SEALED_CHUNK_BYTES) throw refused(number)
    const nonce = this.#nonce(number, isLast)
    const decipher = createDecipheriv(ALGORITHM, this.#key, nonce, { authTagLength: TAG_BYTES })
    decipher.setAAD(this.#bound).setAuthTag(sealed.subarray(-TAG_BYTES))
    const plain = decipher.update(sealed.subarray(0, -TAG_BYTES))
    try {
      decipher.final()
    } catch {
      throw refused(number)
    }
    return plain
  }

  #nonce(number: number, isLast: boolean): Buffer {
    const nonce = Buffer.alloc(PREFIX_BYTES + 5)
    this.#prefix.copy(nonce)
    nonce.writeUInt32BE(number, PREFIX_BYTES)
    nonce.writeUInt8(isLast ? 1 : 0, PREFIX_BYTES + 4)
    return nonce
  }
}

const refused = (chunk: number) =>
  new LenscapError('invalid', 'An encrypted item was changed, cut short or put together anew', { chunk })
