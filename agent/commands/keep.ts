/** The newest values of a stream, and whoever wants those to come. */
export class Keep<T> {
  readonly #kept: T[] = []
  readonly #keptMax: number
  readonly #listeners = new Set<(value: T) => void>()

  constructor(keptMax: number) {
    this.#keptMax = keptMax
  }

  push(value: T): void {
    this.#kept.push(value)
    if (this.#kept.length > this.#keptMax) this.#kept.shift()
    for (const listener of this.#listeners) listener(value)
  }

  /** Whoever listens goes on to. */
  clear(): void {
    this.#kept.length = 0
  }

  /** Oldest first. */
  kept(): readonly T[] {
    return [...this.#kept]
  }

  /** Returns how to stop. */
  onValue(listener: (value: T) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
}
