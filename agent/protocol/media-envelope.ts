import type { KeyObject } from 'node:crypto'
import * as z from 'zod'
import { Id, TimeMs, text } from './envelope.ts'
import { CHUNK_BYTES, MediaCipher, sealedBytesOf } from './media-cipher.ts'
import { damagedHead, keyIn, newHead, readHead, type SealedHead } from './media-head.ts'
import { MediaKind } from './media-kind.ts'

export { HEAD_BYTES_MAX as ENVELOPE_BYTES_MAX } from './media-head.ts'

const CIPHER_AES_256_GCM_STREAM = 1
const CHUNK_BYTES_LOG2 = Math.log2(CHUNK_BYTES)

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
export interface MediaEnvelope extends SealedHead {
  readonly label: MediaLabel
  /** Of the picture or clip itself. */
  readonly plainBytes: number
  /** Of its chunks: what is uploaded and kept. */
  readonly sealedBytes: number
}

/**
 * A new item's head, under a new random key, wrapped for each recipient; and the cipher that makes its chunks. Nobody
 * keeps the key: from here on only the recipients can read the item.
 * @throws LenscapError `unsupported` for recipients that this release can't encrypt for, `limit` for too many of them
 */
export function newEnvelope(label: MediaLabel, plainBytes: number, recipients: readonly string[]) {
  const form = { cipher: CIPHER_AES_256_GCM_STREAM, log2: CHUNK_BYTES_LOG2, plainBytes }
  const { head, key, noncePrefix, digest } = newHead(MediaLabel.parse(label), form, recipients)
  return { head, cipher: new MediaCipher(key, noncePrefix, digest) }
}

/** Reads an item's head, and demands that nothing follows it. @throws LenscapError `invalid`, `unsupported` for a later version */
export function parseEnvelope(head: Buffer): MediaEnvelope {
  const read = readHead(head, { cipher: CIPHER_AES_256_GCM_STREAM, log2: CHUNK_BYTES_LOG2 })
  const label = MediaLabel.safeParse(read.words)
  if (!label.success || !(read.plainBytes > 0 && read.plainBytes < 2 ** 40)) throw damagedHead()
  return { ...read, label: label.data, sealedBytes: sealedBytesOf(read.plainBytes) }
}

/** What reads the item's chunks, for one of its recipients; undefined for anybody else. @throws LenscapError `invalid` */
export function openEnvelope(envelope: MediaEnvelope, identity: KeyObject): MediaCipher | undefined {
  const key = keyIn(envelope, identity)
  return key && new MediaCipher(key, envelope.noncePrefix, envelope.digest)
}
