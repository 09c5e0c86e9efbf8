import type { Id } from '../../agent/protocol/envelope.ts'
import type { Out } from './cache.ts'
import type { LiveNews } from './news.ts'

/** What is needed of a WebSocket. */
export interface Socket {
  readonly bufferedAmount: number
  readonly readyState: number
  send(data: string | Buffer): void
  close(code?: number, reason?: string): void
  terminate(): void
  ping(): void
}

export interface ViewerDeps {
  readonly account: Id
  /** Of the session that it was opened with. */
  readonly token: string
  readonly socket: Socket
  readonly stillSignedIn: () => Promise<boolean>
}

const WAITING_BYTES_MAX = 2 * 1024 * 1024
const OPEN = 1

/** Somebody who watches. Where their line is slow they miss pictures, up to a keyframe. */
export class Viewer {
  readonly deps: ViewerDeps
  #needsKey = true
  #said = ''

  constructor(deps: ViewerDeps) {
    this.deps = deps
  }

  /** Each state once. */
  tell(news: LiveNews): void {
    const text = JSON.stringify(news)
    if (text === this.#said || this.deps.socket.readyState !== OPEN) return
    this.#said = text
    this.deps.socket.send(text)
  }

  /** Begins with the newest keyframe, if there is one. */
  begin(entries: readonly Out[]): void {
    this.#needsKey = entries.length === 0
    for (const { bytes } of entries) this.#send(bytes)
  }

  /** @param entries what a viewer begins with, this message included where it is a keyframe */
  take(out: Out, entries: readonly Out[]): void {
    const { bufferedAmount } = this.deps.socket
    if (bufferedAmount > WAITING_BYTES_MAX) this.#needsKey = true
    if (!this.#needsKey) this.#send(out.bytes)
    else if (out.type === 'key' && bufferedAmount <= WAITING_BYTES_MAX / 4) this.begin(entries)
  }

  /** What comes now does not follow what came before. */
  breakOff(): void {
    this.#needsKey = true
  }

  end(news: LiveNews): void {
    this.tell(news)
    this.deps.socket.close(1000)
  }

  #send(bytes: Buffer): void {
    if (this.deps.socket.readyState === OPEN) this.deps.socket.send(bytes)
  }
}
