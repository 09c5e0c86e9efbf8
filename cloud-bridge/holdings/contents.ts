import { Readable } from 'node:stream'
import { LenscapError } from '../../agent/base/errors.ts'
import { type MediaEnvelope, openEnvelope, parseEnvelope } from '../../agent/protocol/media-envelope.ts'
import { opened, sealedRange } from '../../agent/protocol/media-stream.ts'
import type { MediaKeys } from '../accounts/media-keys.ts'
import type { ByteRange, MediaStore } from '../media-store/media-store.ts'
import type { ItemRow } from '../store/tables.ts'

/** What of an item's row says how to read it. */
export type HeldItem = Pick<ItemRow, 'account' | 'blob' | 'bytes' | 'envelope' | 'locked'>

/** An item's bytes and how many there are. */
export interface Content {
  readonly bytes: number
  readonly stream: Readable
}

/** Reads what is held, decrypting on the way: nothing is ever written in the clear. */
export class Contents {
  readonly #keys: MediaKeys
  readonly #store: MediaStore

  constructor(keys: MediaKeys, store: MediaStore) {
    this.#keys = keys
    this.#store = store
  }

  /** Bytes of the picture or clip itself. */
  plainBytes(item: HeldItem): number {
    return item.envelope === null ? item.bytes : envelopeIn(item.envelope).plainBytes
  }

  /**
   * A range of the picture or clip itself, each chunk verified before any of it is given out. The stream breaks off with
   * LenscapError `invalid` where one was changed.
   * @throws LenscapError `refused` where only the owner can read it, `storage` where its blob or our key is missing
   */
  async read(item: HeldItem, range: ByteRange): Promise<Readable> {
    if (item.locked) throw new LenscapError('refused', 'This is encrypted for a key that only its owner holds')
    if (item.envelope === null) return this.#store.read(item.blob, range)
    const envelope = envelopeIn(item.envelope)
    const identity = await this.#keys.identity(item.account)
    const cipher = identity && openEnvelope(envelope, identity)
    if (!cipher) throw new LenscapError('storage', "The account's key for media is missing: restore it from a backup")
    const chunks = await this.#store.read(item.blob, sealedRange(envelope.plainBytes, range))
    return Readable.from(opened(cipher, envelope.plainBytes, range, chunks), { objectMode: false })
  }

  /** Bytes of head and chunks together. @throws LenscapError `invalid` for an item that came as it was */
  sealedBytes(item: HeldItem): number {
    return headIn(item).length + item.bytes
  }

  /**
   * An encrypted item as it lies here, or a range of it: head and chunks, for whoever holds a key.
   * @throws LenscapError `invalid` for one that came as it was, `storage`
   */
  async readSealed(item: HeldItem, range?: ByteRange): Promise<Content> {
    const head = headIn(item)
    const { start, end } = range ?? { start: 0, end: head.length + item.bytes - 1 }
    const ofChunks = { start: Math.max(0, start - head.length), end: end - head.length }
    const chunks = ofChunks.end < 0 ? [] : await this.#store.read(item.blob, ofChunks)
    async function* both(): AsyncGenerator<Buffer> {
      if (start < head.length) yield head.subarray(start, end + 1)
      yield* chunks
    }
    return { bytes: end - start + 1, stream: Readable.from(both(), { objectMode: false }) }
  }
}

function headIn({ envelope }: HeldItem): Buffer {
  if (envelope === null) throw new LenscapError('invalid', 'This item came without encryption')
  return Buffer.from(envelope, 'base64url')
}

function envelopeIn(text: string): MediaEnvelope {
  return parseEnvelope(Buffer.from(text, 'base64url'))
}
