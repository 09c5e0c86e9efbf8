import { WebSocket } from 'ws'
import { LIVE_HEADER_BYTES, type LiveType, readLiveHeader } from '../../agent/protocol/live-message.ts'
import { LiveNews } from '../../cloud-bridge/web/api.ts'
import { type Mark, markIn } from '../../simulator/imaging/mark.ts'
import { until } from '../harness/until.ts'

/** A message as a viewer gets it, without its header. */
export interface Seen {
  readonly type: LiveType
  readonly bytes: Buffer
  /** What the picture in it says of itself. */
  readonly mark: Mark | undefined
}

/** Somebody who watches a camera by the console's own WebSocket, and keeps all that comes. */
export class Watching implements Disposable {
  readonly #socket: WebSocket
  readonly news: LiveNews[] = []
  readonly seen: Seen[] = []
  /** Also of what was encrypted for the owner alone: as it came. */
  readonly raw: Buffer[] = []
  /** The status that it was refused with, or undefined. */
  refused: number | undefined
  isOpen = true

  constructor({ url, headers }: { readonly url: URL; readonly headers: Record<string, string> }) {
    this.#socket = new WebSocket(url, { headers })
    this.#socket.on('message', (data: Buffer, isBinary) => {
      if (isBinary) this.#take(data)
      else this.news.push(LiveNews.parse(JSON.parse(data.toString())))
    })
    this.#socket.on('unexpected-response', (request, { statusCode }) => {
      this.refused = statusCode
      this.isOpen = false
      request.destroy()
    })
    this.#socket.on('error', () => {})
    this.#socket.on('close', () => {
      this.isOpen = false
    })
  }

  get pictures(): readonly Seen[] {
    return this.seen.filter(({ type }) => type === 'key' || type === 'delta')
  }

  get marks(): readonly Mark[] {
    return this.pictures.flatMap(({ mark }) => (mark ? [mark] : []))
  }

  /** Resolves once so many pictures came. */
  async pictured(count: number): Promise<void> {
    await until(
      `${count} pictures come, after ${JSON.stringify(this.news)}`,
      () => this.pictures.length >= count || this.raw.length >= count + 2,
    )
  }

  async over(): Promise<LiveNews | undefined> {
    await until('it is over', () => !this.isOpen)
    return this.news.at(-1)
  }

  close(): void {
    this.#socket.close()
  }

  [Symbol.dispose](): void {
    this.#socket.terminate()
  }

  #take(message: Buffer): void {
    this.raw.push(message)
    const { type } = readLiveHeader(message)
    const bytes = message.subarray(LIVE_HEADER_BYTES)
    this.seen.push({ type, bytes, mark: this.news.at(-1)?.sealed ? undefined : markOf(bytes) })
  }
}

/** The mark in a fragment's picture: NAL units, each behind its length, in its `mdat`. */
function markOf(fragment: Buffer): Mark | undefined {
  for (let at = fragment.indexOf('mdat') + 4; at > 4 && at + 4 < fragment.length; ) {
    const length = fragment.readUInt32BE(at)
    const mark = markIn(fragment.subarray(at + 4, at + 4 + length))
    if (mark) return mark
    at += 4 + length
  }
  return undefined
}
