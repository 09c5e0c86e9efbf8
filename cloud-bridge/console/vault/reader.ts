import {
  CHUNK_BYTES,
  damaged,
  HEAD_BYTES_MAX,
  headLength,
  type OpenedHead,
  openChunk,
  openHead,
  parseHead,
  SEALED_CHUNK_BYTES,
  SealedError,
  sealedRange,
  type Unwrap,
} from './sealed-item.ts'

/** Bytes of an item as it is encrypted, head and chunks, both ends counted; fewer where it ends before. */
export type FetchSealed = (item: string, start: number, end: number) => Promise<Uint8Array<ArrayBuffer>>

/** What is known of an item that has been opened. */
export interface Item {
  readonly contentType: string
  readonly plainBytes: number
}

/** A range of an item: both ends counted. */
export interface Piece extends Item {
  readonly start: number
  readonly end: number
  readonly bytes: Uint8Array<ArrayBuffer>
}

interface Opened extends Item {
  readonly headBytes: number
  readonly cipher: OpenedHead
}

/** Plain bytes that are given out at a time: what one open item costs in memory. */
export const PIECE_BYTES_MAX = 16 * CHUNK_BYTES
const OPENED_MAX = 200
/** What may become a page of its own, with scripts, is not in this list. */
const CONTENT_TYPES = ['image/jpeg', 'video/mp4']

/** Reads encrypted items by ranges: any place of a clip is one request away, and no more than a piece is held. */
export class Reader {
  readonly #fetchSealed: FetchSealed
  readonly #unwrap: Unwrap
  readonly #opened = new Map<string, Promise<Opened>>()

  constructor(fetchSealed: FetchSealed, unwrap: Unwrap) {
    this.#fetchSealed = fetchSealed
    this.#unwrap = unwrap
  }

  /** Forgets what was opened: other keys count from now on. */
  clear(): void {
    this.#opened.clear()
  }

  /** @throws SealedError */
  look(item: string): Promise<Item> {
    return this.#open(item)
  }

  /**
   * Verified bytes of an item from `start` on: to `end`, the item's end, or as many as are given at a time.
   * @throws SealedError, RangeError where the item has no such place
   */
  async read(item: string, start: number, end = Number.POSITIVE_INFINITY): Promise<Piece> {
    const { headBytes, cipher, plainBytes, contentType } = await this.#open(item)
    // To the end of a chunk: no chunk is fetched twice by whoever reads on.
    const most = Math.floor(start / CHUNK_BYTES) * CHUNK_BYTES + PIECE_BYTES_MAX - 1
    const last = Math.min(end, most, plainBytes - 1)
    if (start > last) throw new RangeError('The item has no such place')
    const range = sealedRange(plainBytes, start, last)
    const sealed = await this.#fetchSealed(item, headBytes + range.start, headBytes + range.end)
    if (sealed.length !== range.end - range.start + 1) throw damaged()
    const bytes = new Uint8Array(last - start + 1)
    for (let at = 0, n = range.first; at < sealed.length; at += SEALED_CHUNK_BYTES, n += 1) {
      const chunk = sealed.subarray(at, at + SEALED_CHUNK_BYTES)
      const plain = await openChunk(cipher, n, (n + 1) * CHUNK_BYTES >= plainBytes, chunk)
      const from = n * CHUNK_BYTES
      bytes.set(plain.subarray(Math.max(0, start - from), last + 1 - from), Math.max(0, from - start))
      release(plain)
    }
    release(sealed)
    return { start, end: last, bytes, plainBytes, contentType }
  }

  #open(item: string): Promise<Opened> {
    const held = this.#opened.get(item)
    if (held !== undefined) return held
    const opened = this.#openAnew(item)
    this.#opened.set(item, opened)
    opened.catch(() => this.#opened.delete(item))
    const [oldest] = this.#opened.keys()
    if (this.#opened.size > OPENED_MAX && oldest !== undefined) this.#opened.delete(oldest)
    return opened
  }

  async #openAnew(item: string): Promise<Opened> {
    const beginning = await this.#fetchSealed(item, 0, HEAD_BYTES_MAX - 1)
    const head = beginning.slice(0, headLength(beginning))
    const { form, label, headBytes, plainBytes } = parseHead(head)
    const contentType = CONTENT_TYPES.find((type) => type === label['contentType'])
    // The bridge may not call one item another.
    if (form !== 'item' || label['item'] !== item || contentType === undefined) throw damaged()
    return { headBytes, plainBytes, contentType, cipher: await openHead(head, this.#unwrap) }
  }
}

/** Gives memory back at once: a clip's worth of what was read would otherwise wait for the collector. */
function release({ buffer }: Uint8Array<ArrayBuffer>): void {
  // Not every browser has it yet; those collect later.
  if ('transfer' in buffer) buffer.transfer(0)
}

/** Fetches from the bridge of this page. */
export const fetchFromBridge: FetchSealed = async (item, start, end) => {
  const response = await fetch(`/api/v1/items/${item}/sealed`, {
    headers: { range: `bytes=${start}-${end}` },
    credentials: 'same-origin',
    cache: 'no-store',
    signal: AbortSignal.timeout(60_000),
  }).catch(() => undefined)
  if (response?.status === 206) return new Uint8Array(await response.arrayBuffer())
  if (response?.status === 404) throw new SealedError('gone', 'This was deleted.')
  throw new SealedError('unreachable', 'The bridge does not give this out just now. Try again.')
}
