import type { EventMessage } from './event-message.ts'

/** A slow client loses the oldest events beyond this. */
const QUEUE_MAX = 100

/** One client's subscription: a bounded queue and at most one waiting pull. */
export class PullPoint {
  readonly id: number
  /** The client's address, without its port. */
  readonly owner: string
  readonly path: string
  readonly ttlMs: number
  /** UTC ms by the simulator's clock. */
  endsAtMs: number
  readonly #ended = new AbortController()
  #queue: EventMessage[] = []
  #wake: (() => void) | undefined

  constructor(id: number, owner: string, path: string, ttlMs: number, nowMs: number) {
    this.id = id
    this.owner = owner
    this.path = path
    this.ttlMs = ttlMs
    this.endsAtMs = nowMs + ttlMs
  }

  get isEnded(): boolean {
    return this.#ended.signal.aborted
  }

  /** Fires when the subscription ends, however it does. */
  get signal(): AbortSignal {
    return this.#ended.signal
  }

  push(message: EventMessage): void {
    this.#queue.push(message)
    if (this.#queue.length > QUEUE_MAX) this.#queue.shift()
    this.#wake?.()
  }

  /** Waits for messages, at most `timeoutMs`, or until `signal`. A second pull ends the first, as one client can't want two. */
  async pull(limit: number, timeoutMs: number, signal: AbortSignal): Promise<EventMessage[]> {
    this.#wake?.()
    if (this.#queue.length === 0 && timeoutMs > 0 && !this.isEnded && !signal.aborted)
      await this.#somethingHappens(timeoutMs, signal)
    return this.#queue.splice(0, limit)
  }

  #somethingHappens(timeoutMs: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer)
        signal.removeEventListener('abort', done)
        if (this.#wake === done) this.#wake = undefined
        resolve()
      }
      const timer = setTimeout(done, timeoutMs)
      signal.addEventListener('abort', done)
      this.#wake = done
    })
  }

  end(): void {
    this.#queue = []
    this.#ended.abort()
    this.#wake?.()
  }
}
