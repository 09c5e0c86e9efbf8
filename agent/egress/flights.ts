import type { Id } from '../protocol/envelope.ts'

/** The items that are on their way, and the first that failed. */
export class Flights {
  readonly #running = new Map<Id, Promise<void>>()
  readonly #onEnd: () => void
  #failure: { readonly error: unknown } | undefined

  /** @param onEnd told when one has ended, however it did */
  constructor(onEnd: () => void) {
    this.#onEnd = onEnd
  }

  get items(): Id[] {
    return [...this.#running.keys()]
  }

  /** One has failed: nothing new is to begin. */
  get failed(): boolean {
    return this.#failure !== undefined
  }

  start(item: Id, work: Promise<void>): void {
    const flight = work
      .catch((error: unknown) => {
        this.#failure ??= { error }
      })
      .finally(() => {
        this.#running.delete(item)
        this.#onEnd()
      })
    this.#running.set(item, flight)
  }

  /** Resolves when all have ended. @throws what the first that failed threw */
  async ended(): Promise<void> {
    await Promise.all(this.#running.values())
    const failure = this.#failure
    this.#failure = undefined
    if (failure) throw failure.error
  }
}
