/*
 * How items are encrypted, as docs/media-format.md has it: the head, and the chunks. Nothing here knows where they come
 * from; WebCrypto does the work, in a page, a worker or Node alike.
 */

/** Plain bytes of every chunk but the last. */
export const CHUNK_BYTES = 65_536
export const SEALED_CHUNK_BYTES = CHUNK_BYTES + 16
export const HEAD_BYTES_MAX = 4096
const MAGIC = 'LENSCAP'
const FIXED_BYTES = 29
const KEY_BYTES = 32
/** By cipher: an item's chunks, a live view's messages; and the size of a chunk as a power of two. */
const CHUNK_LOG2: Readonly<Partial<Record<number, number>>> = { 1: 16, 2: 0 }

/** Why an item is not shown. */
export type Refusal = 'no-key' | 'damaged' | 'newer' | 'gone' | 'unreachable'

/** What could not be opened, and why: `message` is for the owner's eyes. */
export class SealedError extends Error {
  readonly refusal: Refusal
  constructor(refusal: Refusal, message: string) {
    super(message)
    this.refusal = refusal
  }
}

/** An item's head, read; nothing in it is believed before a chunk has opened. */
export interface SealedHead {
  readonly headBytes: number
  /** What follows: chunks of an item, or messages of a part of a live view. */
  readonly form: 'item' | 'live'
  /** Of an item; a live view's is not known when it begins. */
  readonly plainBytes: number
  readonly prefix: Uint8Array<ArrayBuffer>
  /** The box's own words (JSON): `item`, `camera`, `kind`, `contentType` and more. */
  readonly label: Readonly<Record<string, unknown>>
  /** An age file that holds the item's key. */
  readonly wrappedKey: Uint8Array<ArrayBuffer>
}

/** A `CryptoKey`, by whichever library's types: this room is read by browsers' and by Node's. */
export type WebKey = Awaited<ReturnType<typeof crypto.subtle.importKey>>

/** What opens what follows a head. `key` can be used and cloned to another worker, and not be read out. */
export interface OpenedHead {
  readonly prefix: Uint8Array<ArrayBuffer>
  readonly key: WebKey
  /** SHA-256 of the head, which every chunk and message is bound to. */
  readonly headHash: Uint8Array<ArrayBuffer>
  /** Plain bytes of every chunk but the last; 0 of a live view, which has messages instead. */
  readonly chunkBytes: number
}

/** Gives an item's key out of the age file that wraps it. @throws SealedError `no-key`, `damaged` */
export type Unwrap = (wrappedKey: Uint8Array<ArrayBuffer>) => Promise<Uint8Array<ArrayBuffer>>

/** How long the head at the beginning of these bytes is. @throws SealedError `damaged`, `newer` */
export function headLength(bytes: Uint8Array): number {
  if (bytes.length < FIXED_BYTES || latin1(bytes.subarray(0, MAGIC.length)) !== MAGIC) throw damaged()
  if (bytes[7] !== 1 || bytes[11] !== CHUNK_LOG2[bytes[10] ?? 0]) {
    throw new SealedError('newer', 'This was encrypted by a newer release. Load the page again.')
  }
  const length = viewOf(bytes).getUint16(8)
  if (length < FIXED_BYTES || length > HEAD_BYTES_MAX) throw damaged()
  return length
}

/** Reads a whole head. @throws SealedError `damaged`, `newer` */
export function parseHead(head: Uint8Array<ArrayBuffer>): SealedHead {
  if (headLength(head) !== head.length) throw damaged()
  const view = viewOf(head)
  const plainBytes = Number(view.getBigUint64(19))
  const labelEnd = FIXED_BYTES + view.getUint16(27)
  const form = head[10] === 2 ? 'live' : 'item'
  const isLong = form === 'live' ? plainBytes === 0 : plainBytes > 0 && plainBytes < 2 ** 40
  if (labelEnd > head.length || !isLong) throw damaged()
  return {
    headBytes: head.length,
    form,
    plainBytes,
    prefix: head.slice(12, 19),
    label: labelIn(head.subarray(FIXED_BYTES, labelEnd)),
    wrappedKey: head.slice(labelEnd),
  }
}

/** What opens what follows this head. @throws SealedError `no-key`, `damaged`, `newer` */
export async function openHead(head: Uint8Array<ArrayBuffer>, unwrap: Unwrap): Promise<OpenedHead> {
  const { prefix, wrappedKey, form } = parseHead(head)
  const raw = await unwrap(wrappedKey)
  if (raw.length !== KEY_BYTES) throw damaged()
  const key = await crypto.subtle.importKey('raw', raw, 'AES-GCM', false, ['decrypt'])
  raw.fill(0)
  const headHash = new Uint8Array(await crypto.subtle.digest('SHA-256', head))
  return { prefix, key, headHash, chunkBytes: form === 'item' ? CHUNK_BYTES : 0 }
}

/**
 * One chunk's plain bytes. It opens only unchanged, in its place, of its own item, and as the last only where the end is.
 * @throws SealedError `damaged`
 */
export function openChunk(
  head: OpenedHead,
  number: number,
  isLast: boolean,
  sealed: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer>> {
  return decrypt(head, number, isLast, head.headHash, sealed)
}

/**
 * The plain bytes of one message of a live view, but of its last. It opens only unchanged, under its own header, and in
 * its own part. @param header the ten bytes before it
 * @throws SealedError `damaged`
 */
export function openLiveMessage(
  head: OpenedHead,
  number: number,
  header: Uint8Array<ArrayBuffer>,
  sealed: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer>> {
  return decrypt(head, number, false, new Uint8Array([...head.headHash, ...header]), sealed)
}

async function decrypt(
  { prefix, key }: OpenedHead,
  number: number,
  isLast: boolean,
  additionalData: Uint8Array<ArrayBuffer>,
  sealed: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer>> {
  const iv = new Uint8Array(12)
  iv.set(prefix)
  new DataView(iv.buffer).setUint32(7, number)
  iv[11] = isLast ? 1 : 0
  try {
    return new Uint8Array(await crypto.subtle.decrypt({ name: 'AES-GCM', iv, additionalData }, key, sealed))
  } catch {
    throw damaged()
  }
}

/** Which bytes of the chunks hold these plain ones: whole chunks, from `first` on. Both ends counted. */
export function sealedRange(plainBytes: number, start: number, end: number) {
  const first = Math.floor(start / CHUNK_BYTES)
  const count = Math.floor(end / CHUNK_BYTES) - first + 1
  const from = first * SEALED_CHUNK_BYTES
  const all = plainBytes + Math.ceil(plainBytes / CHUNK_BYTES) * (SEALED_CHUNK_BYTES - CHUNK_BYTES)
  return { first, start: from, end: Math.min(from + count * SEALED_CHUNK_BYTES, all) - 1 }
}

function labelIn(bytes: Uint8Array): SealedHead['label'] {
  try {
    const label: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
    if (typeof label === 'object' && label !== null) return { ...label }
  } catch {
    // As below.
  }
  throw damaged()
}

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)

const latin1 = (bytes: Uint8Array): string => String.fromCharCode(...bytes)

export const damaged = () =>
  new SealedError('damaged', 'This was changed or cut short since the box encrypted it, and is not shown.')
