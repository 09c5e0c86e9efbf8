import { after, type Clock } from './clock.ts'

/** Wakes one waiting loop: rung while nobody waits, the next wait ends at once. */
export class Bell {
  readonly #clock: Clock
  #rung = false
  #wake: (() => void) | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  readonly ring = (): void => {
    this.#rung = true
    this.#wake?.()
  }

  /** Resolves when rung, or after `ms`. */
  async wait(ms: number): Promise<void> {
    if (!this.#rung) {
      const { promise, resolve } = Promise.withResolvers<void>()
      const undo = after(this.#clock, ms, resolve)
      this.#wake = resolve
      await promise
      this.#wake = undefined
      undo()
    }
    this.#rung = false
  }
}
