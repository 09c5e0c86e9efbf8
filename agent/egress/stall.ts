import { LenscapError } from '../base/errors.ts'

/** Says when a transfer has made no progress for too long. While it is at rest, nothing is expected of it. */
export class Stall implements Disposable {
  readonly #ms: number
  readonly #onStall: (error: LenscapError) => void
  #timer: NodeJS.Timeout | undefined

  constructor(ms: number, onStall: (error: LenscapError) => void) {
    this.#ms = ms
    this.#onStall = onStall
    this.moved()
  }

  moved(): void {
    if (this.#timer) this.#timer.refresh()
    else this.#timer = setTimeout(() => this.#onStall(stalled()), this.#ms)
  }

  rest(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  [Symbol.dispose](): void {
    this.rest()
  }
}

const stalled = () => new LenscapError('timeout', 'The upload makes no progress: try later')
