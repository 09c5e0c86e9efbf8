/**
 * A bounded hand-over between one room that pushes and one that reads with `for await`.
 * When full, the oldest value is let go and counted: a slow reader costs memory once, not for ever.
 */
export class Channel<T> implements AsyncIterable<T> {
  readonly #values: T[] = []
  readonly #lengthMax: number
  #dropped = 0
  #closed = false
  #wake: (() => void) | undefined

  constructor(lengthMax: number) {
    this.#lengthMax = lengthMax
  }

  /** How many values were let go because nobody read them in time. */
  get dropped(): number {
    return this.#dropped
  }

  push(value: T): void {
    if (this.#closed) return
    this.#values.push(value)
    if (this.#values.length > this.#lengthMax) {
      this.#values.shift()
      this.#dropped += 1
    }
    this.#wake?.()
  }

  /** Readers get what is left, then end. */
  close(): void {
    this.#closed = true
    this.#wake?.()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    for (;;) {
      const value = this.#values.shift()
      if (value !== undefined) {
        yield value
        continue
      }
      if (this.#closed) return
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
      this.#wake = undefined
    }
  }
}
