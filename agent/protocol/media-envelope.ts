import { createHash, type KeyObject, randomBytes } from 'node:crypto'
import * as z from 'zod'
import { LenscapError } from '../base/errors.ts'
import { ageOpen, ageSeal } from './age.ts'
import { Id, TimeMs, text } from './envelope.ts'
import { CHUNK_BYTES, KEY_BYTES, MediaCipher, PREFIX_BYTES, sealedBytesOf } from './media-cipher.ts'
import { MediaKind } from './media-kind.ts'

/*
 * The head of an encrypted item: what it is, how it is cut, and its key, wrapped. docs/media-format.md has the layout.
 */

const MAGIC = Buffer.from('LENSCAP\u0001', 'latin1')
const CIPHER_AES_256_GCM_STREAM = 1
const CHUNK_BYTES_LOG2 = Math.log2(CHUNK_BYTES)
const FIXED_BYTES = MAGIC.length + 2 + 1 + 1 + PREFIX_BYTES + 8 + 2
/** What an item's head may take on the wire and in the records. */
export const ENVELOPE_BYTES_MAX = 4096

/** What the box says of an item, bound to every chunk of it: nobody on the way can call it something else. */
export const MediaLabel = z.object({
  item: Id,
  camera: Id,
  kind: MediaKind.exclude(['live']),
  contentType: z.enum(['image/jpeg', 'video/mp4']),
  takenAt: TimeMs,
  durationMs: z.number().int().min(0).max(3_600_000),
  reason: text(64),
})
export type MediaLabel = z.infer<typeof MediaLabel>

/** An item's head, read. */
export interface MediaEnvelope {
  readonly label: MediaLabel
  /** Of the picture or clip itself. */
  readonly plainBytes: number
  /** Of its chunks: what is uploaded and kept. */
  readonly sealedBytes: number
  readonly noncePrefix: Buffer
  /** An age file that holds the item's key. */
  readonly wrappedKey: Buffer
  /** SHA-256 of the whole head, which every chunk is bound to. */
  readonly digest: Buffer
}

/**
 * A new item's head, under a new random key, wrapped for each recipient; and the cipher that makes its chunks. Nobody
 * keeps the key: from here on only the recipients can read the item.
 * @throws LenscapError `unsupported` for recipients that this release can't encrypt for, `limit` for too many of them
 */
export function newEnvelope(label: MediaLabel, plainBytes: number, recipients: readonly string[]) {
  const key = randomBytes(KEY_BYTES)
  const noncePrefix = randomBytes(PREFIX_BYTES)
  const words = Buffer.from(JSON.stringify(MediaLabel.parse(label)))
  const wrappedKey = ageSeal(key, recipients)
  const fixed = Buffer.alloc(FIXED_BYTES)
  const length = FIXED_BYTES + words.length + wrappedKey.length
  if (length > ENVELOPE_BYTES_MAX) {
    throw new LenscapError('limit', "An item's head is too long: name fewer recipients", { length })
  }
  let at = MAGIC.copy(fixed)
  at = fixed.writeUInt16BE(length, at)
  at = fixed.writeUInt8(CIPHER_AES_256_GCM_STREAM, at)
  at = fixed.writeUInt8(CHUNK_BYTES_LOG2, at)
  at += noncePrefix.copy(fixed, at)
  at = fixed.writeBigUInt64BE(BigInt(plainBytes), at)
  fixed.writeUInt16BE(words.length, at)
  const head = Buffer.concat([fixed, words, wrappedKey])
  return { head, cipher: new MediaCipher(key, noncePrefix, digestOf(head)) }
}

/** Reads an item's head, and demands that nothing follows it. @throws LenscapError `invalid`, `unsupported` for a later version */
export function parseEnvelope(head: Buffer): MediaEnvelope {
  if (head.length < FIXED_BYTES || head.length > ENVELOPE_BYTES_MAX) throw damaged()
  if (!head.subarray(0, 7).equals(MAGIC.subarray(0, 7))) throw damaged()
  const [version, cipher, log2] = [head[7], head[10], head[11]]
  if (version !== MAGIC[7] || cipher !== CIPHER_AES_256_GCM_STREAM || log2 !== CHUNK_BYTES_LOG2) {
    throw new LenscapError('unsupported', 'This item was encrypted by a newer release: update this program', {})
  }
  const noncePrefix = head.subarray(12, 12 + PREFIX_BYTES)
  const plainBytes = Number(head.readBigUInt64BE(12 + PREFIX_BYTES))
  const wordsEnd = FIXED_BYTES + head.readUInt16BE(FIXED_BYTES - 2)
  if (head.readUInt16BE(8) !== head.length || wordsEnd > head.length || !(plainBytes > 0 && plainBytes < 2 ** 40)) {
    throw damaged()
  }
  return {
    label: labelIn(head.subarray(FIXED_BYTES, wordsEnd)),
    plainBytes,
    sealedBytes: sealedBytesOf(plainBytes),
    noncePrefix,
    wrappedKey: head.subarray(wordsEnd),
    digest: digestOf(head),
  }
}

/** What reads the item's chunks, for one of its recipients; undefined for anybody else. @throws LenscapError `invalid` */
export function openEnvelope(envelope: MediaEnvelope, identity: KeyObject): MediaCipher | undefined {
  const key = ageOpen(envelope.wrappedKey, identity)
  if (key === undefined) return undefined
  if (key.length !== KEY_BYTES) throw damaged()
  return new MediaCipher(key, envelope.noncePrefix, envelope.digest)
}

function labelIn(words: Buffer): MediaLabel {
  try {
    return MediaLabel.parse(JSON.parse(words.toString()))
  } catch {
    throw damaged()
  }
}

const digestOf = (head: Buffer): Buffer => createHash('sha256').update(head).digest()

const damaged = () => new LenscapError('invalid', "The item's head is damaged")
