import { createHash, type KeyObject, randomBytes } from 'node:crypto'
import { LenscapError } from '../base/errors.ts'
import { ageOpen, ageSeal } from './age.ts'
import { KEY_BYTES, PREFIX_BYTES } from './media-cipher.ts'

/*
 * The head of everything that is encrypted: what it is, how it is cut, and its key, wrapped. docs/media-format.md has the
 * layout.
 */

const MAGIC = Buffer.from('LENSCAP\u0001', 'latin1')
const FIXED_BYTES = MAGIC.length + 2 + 1 + 1 + PREFIX_BYTES + 8 + 2
/** What a head may take on the wire and in the records. */
export const HEAD_BYTES_MAX = 4096

/** How what follows the head is cut and encrypted. */
export interface HeadForm {
  readonly cipher: number
  /** Of a chunk's plain bytes, as a power of two. */
  readonly log2: number
}

/** What a reader needs of a head. */
export interface SealedHead {
  readonly noncePrefix: Buffer
  /** An age file that holds the key. */
  readonly wrappedKey: Buffer
  /** SHA-256 of the whole head, which all that follows is bound to. */
  readonly digest: Buffer
}

/**
 * A head under a new random key, wrapped for each recipient.
 * @throws LenscapError `unsupported` for recipients that this release can't encrypt for, `limit` for too many of them
 */
export function newHead(label: object, form: HeadForm & { plainBytes: number }, recipients: readonly string[]) {
  const key = randomBytes(KEY_BYTES)
  const noncePrefix = randomBytes(PREFIX_BYTES)
  const words = Buffer.from(JSON.stringify(label))
  const wrappedKey = ageSeal(key, recipients)
  const fixed = Buffer.alloc(FIXED_BYTES)
  const length = FIXED_BYTES + words.length + wrappedKey.length
  if (length > HEAD_BYTES_MAX) {
    throw new LenscapError('limit', "An item's head is too long: name fewer recipients", { length })
  }
  let at = MAGIC.copy(fixed)
  at = fixed.writeUInt16BE(length, at)
  at = fixed.writeUInt8(form.cipher, at)
  at = fixed.writeUInt8(form.log2, at)
  at += noncePrefix.copy(fixed, at)
  at = fixed.writeBigUInt64BE(BigInt(form.plainBytes), at)
  fixed.writeUInt16BE(words.length, at)
  const head = Buffer.concat([fixed, words, wrappedKey])
  return { head, key, noncePrefix, digest: digestOf(head) }
}

/**
 * Reads a head of this form, and demands that nothing follows it. `words` is the label, not yet believed.
 * @throws LenscapError `invalid`, `unsupported` for another form
 */
export function readHead(head: Buffer, form: HeadForm): SealedHead & { plainBytes: number; words: unknown } {
  if (head.length < FIXED_BYTES || head.length > HEAD_BYTES_MAX) throw damagedHead()
  if (!head.subarray(0, 7).equals(MAGIC.subarray(0, 7))) throw damagedHead()
  if (head[7] !== MAGIC[7] || head[10] !== form.cipher || head[11] !== form.log2) {
    throw new LenscapError('unsupported', 'This item was encrypted by a newer release: update this program', {})
  }
  const wordsEnd = FIXED_BYTES + head.readUInt16BE(FIXED_BYTES - 2)
  if (head.readUInt16BE(8) !== head.length || wordsEnd > head.length) throw damagedHead()
  return {
    noncePrefix: head.subarray(12, 12 + PREFIX_BYTES),
    plainBytes: Number(head.readBigUInt64BE(12 + PREFIX_BYTES)),
    words: wordsIn(head.subarray(FIXED_BYTES, wordsEnd)),
    wrappedKey: head.subarray(wordsEnd),
    digest: digestOf(head),
  }
}

/** The key, for one of the recipients; undefined for anybody else. @throws LenscapError `invalid` */
export function keyIn({ wrappedKey }: SealedHead, identity: KeyObject): Buffer | undefined {
  const key = ageOpen(wrappedKey, identity)
  if (key !== undefined && key.length !== KEY_BYTES) throw damagedHead()
  return key
}

function wordsIn(words: Buffer): unknown {
  try {
    return JSON.parse(words.toString())
  } catch {
    throw damagedHead()
  }
}

const digestOf = (head: Buffer): Buffer => createHash('sha256').update(head).digest()

export const damagedHead = () => new LenscapError('invalid', "The item's head is damaged")
