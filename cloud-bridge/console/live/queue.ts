import type { Message } from './fragment.ts'

/** As much as the player may have waiting. */
const WAITING_BYTES_MAX = 16 * 1024 * 1024

export type QueueDeps = {
  readonly open: (data: ArrayBuffer) => Promise<Message | undefined>
  readonly take: (message: Message) => void
  /** One did not open, or (undefined) too much waits. Nothing is taken after it. */
  readonly fail: (error: unknown) => void
}

/** Has messages opened one after the other, and hands them on in the order in which they came. */
export class Queue {
  readonly #deps: QueueDeps
  readonly #bytesMax: number
  readonly #waiting: ArrayBuffer[] = []
  #bytes = 0
  #isBusy = false
  #isOver = false

  constructor(deps: QueueDeps, bytesMax = WAITING_BYTES_MAX) {
    this.#deps = deps
    this.#bytesMax = bytesMax
  }

  add(data: ArrayBuffer): void {
    if (this.#isOver) return
    this.#bytes += data.byteLength
    this.#waiting.push(data)
    if (this.#bytes > this.#bytesMax) this.#fail(undefined)
    else if (!this.#isBusy) this.#work().catch((error: unknown) => this.#fail(error))
  }

  close(): void {
    this.#isOver = true
    this.#waiting.length = 0
  }

  async #work(): Promise<void> {
    this.#isBusy = true
    for (let data = this.#waiting.shift(); data !== undefined; data = this.#waiting.shift()) {
      const message = await this.#deps.open(data)
      this.#bytes -= data.byteLength
      if (message !== undefined && !this.#isOver) this.#deps.take(message)
    }
    this.#isBusy = false
  }

  #fail(error: unknown): void {
    if (this.#isOver) return
    this.close()
    this.#deps.fail(error)
  }
}
