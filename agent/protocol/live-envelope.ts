import { createCipheriv, createDecipheriv, type KeyObject } from 'node:crypto'
import * as z from 'zod'
import { LenscapError } from '../base/errors.ts'
import { LIVE_HEADER_BYTES, type LiveType, liveHeader, readLiveHeader } from './live-message.ts'
import { PREFIX_BYTES } from './media-cipher.ts'
import { MediaLabel } from './media-envelope.ts'
import { damagedHead, keyIn, newHead, readHead, type SealedHead } from './media-head.ts'

/*
 * One part of a live view: a head with a key of its own, then messages. docs/live.md has the layout.
 */

const ALGORITHM = 'aes-256-gcm'
const TAG_BYTES = 16
const FORM = { cipher: 2, log2: 0 } as const

/** What a part is; bound to each of its messages. `reason` is the quality. */
export const LiveLabel = MediaLabel.extend({ kind: z.literal('live'), contentType: z.literal('video/mp4') })
export type LiveLabel = z.infer<typeof LiveLabel>

export interface LiveHead extends SealedHead {
  readonly label: LiveLabel
}

/** Encrypts one part's messages, each under the next number. */
export class LiveSealer {
  readonly #key: Buffer
  readonly #prefix: Buffer
  readonly #bound: Buffer
  #number = 0
  /** The first message: the head. */
  readonly head: Buffer

  /** @throws LenscapError `unsupported` for recipients that this release can't encrypt for, `limit` for too many */
  constructor(label: LiveLabel, recipients: readonly string[]) {
    const { head, key, noncePrefix, digest } = newHead(LiveLabel.parse(label), { ...FORM, plainBytes: 0 }, recipients)
    this.#key = key
    this.#prefix = noncePrefix
    this.#bound = digest
    this.head = Buffer.concat([liveHeader({ type: 'head', number: 0, bytes: head.length }), head])
  }

  /** How long a message with so many plain bytes is. */
  static bytesOf(plainBytes: number): number {
    return LIVE_HEADER_BYTES + plainBytes + TAG_BYTES
  }

  seal(type: Exclude<LiveType, 'head'>, parts: readonly Uint8Array[]): Buffer {
    const bytes = parts.reduce((sum, { length }) => sum + length, 0)
    const number = this.#number
    this.#number += 1
    const header = liveHeader({ type, number, bytes })
    const cipher = createCipheriv(ALGORITHM, this.#key, nonceOf(this.#prefix, number, type))
    cipher.setAAD(Buffer.concat([this.#bound, header]))
    const sealed = parts.map((part) => cipher.update(part))
    return Buffer.concat([header, ...sealed, cipher.final(), cipher.getAuthTag()])
  }
}

/** Reads a part's messages, in order. */
export class LiveOpener {
  readonly #key: Buffer
  readonly #head: LiveHead
  #number = 0

  private constructor(key: Buffer, head: LiveHead) {
    this.#key = key
    this.#head = head
  }

  /** Undefined for who is no recipient. @throws LenscapError `invalid` */
  static of(head: LiveHead, identity: KeyObject): LiveOpener | undefined {
    const key = keyIn(head, identity)
    return key && new LiveOpener(key, head)
  }

  /**
   * The plain bytes of a message. Several may be skipped, none may come twice or earlier.
   * @throws LenscapError `invalid` for a message that was changed, or is another's
   */
  open(message: Buffer): Buffer {
    const { type, number, bytes } = readLiveHeader(message)
    const sealed = message.subarray(LIVE_HEADER_BYTES)
    if (type === 'head' || number < this.#number || sealed.length !== bytes + TAG_BYTES) throw changed(number)
    const nonce = nonceOf(this.#head.noncePrefix, number, type)
    const decipher = createDecipheriv(ALGORITHM, this.#key, nonce, { authTagLength: TAG_BYTES })
    decipher.setAAD(Buffer.concat([this.#head.digest, message.subarray(0, LIVE_HEADER_BYTES)]))
    decipher.setAuthTag(sealed.subarray(bytes))
    const plain = decipher.update(sealed.subarray(0, bytes))
    try {
      decipher.final()
    } catch {
      throw changed(number)
    }
    this.#number = number + 1
    return plain
  }
}

/** The head in a part's first message. @throws LenscapError `invalid`, `unsupported` */
export function readLiveHead(message: Buffer): LiveHead {
  const { type, bytes } = readLiveHeader(message)
  const head = message.subarray(LIVE_HEADER_BYTES)
  if (type !== 'head' || head.length !== bytes) throw damagedHead()
  const { words, plainBytes, ...read } = readHead(head, FORM)
  const label = LiveLabel.safeParse(words)
  if (!label.success || plainBytes !== 0) throw damagedHead()
  return { ...read, label: label.data }
}

function nonceOf(prefix: Buffer, number: number, type: LiveType): Buffer {
  const nonce = Buffer.alloc(PREFIX_BYTES + 5)
  prefix.copy(nonce)
  nonce.writeUInt32BE(number, PREFIX_BYTES)
  nonce.writeUInt8(type === 'end' ? 1 : 0, PREFIX_BYTES + 4)
  return nonce
}

const changed = (number: number) =>
  new LenscapError('invalid', 'A message of a live view was changed on its way', { number })
