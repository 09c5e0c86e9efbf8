/** So many at a time; who comes later stands in line, in the order of coming. */
export class Line {
  /** May grow or shrink; whoever is in stays in. */
  max: number
  readonly #waiting: (() => void)[] = []
  #taken = 0

  constructor(max: number) {
    this.max = max
  }

  get taken(): number {
    return this.#taken
  }

  /** A place; dispose of it to give it back. Waits until the signal fires. @throws the signal's reason */
  async place(signal: AbortSignal): Promise<Disposable> {
    signal.throwIfAborted()
    if (this.#taken >= this.max) await this.#turn(signal)
    else this.#taken += 1
    let isHeld = true
    return {
      [Symbol.dispose]: () => {
        if (isHeld) this.#release()
        isHeld = false
      },
    }
  }

  #turn(signal: AbortSignal): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const go = () => {
      signal.removeEventListener('abort', giveUp)
      resolve()
    }
    const giveUp = () => {
      this.#waiting.splice(this.#waiting.indexOf(go), 1)
      reject(signal.reason)
    }
    this.#waiting.push(go)
    signal.addEventListener('abort', giveUp, { once: true })
    return promise
  }

  /** The place goes straight to the next in line, so that nobody slips in between. */
  #release(): void {
    this.#taken -= 1
    while (this.#taken < this.max && this.#waiting.length > 0) {
      this.#taken += 1
      this.#waiting.shift()?.()
    }
  }
}
