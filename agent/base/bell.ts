import type { Clock } from './clock.ts'

/** Wakes one waiting loop: rung while nobody waits, the next wait ends at once. */
export class Bell {
  readonly #clock: Clock
  #rung = false
  #waiting: AbortController | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  readonly ring = (): void => {
    this.#rung = true
    this.#waiting?.abort()
  }

  /** Resolves when rung, or after `ms`. */
  async wait(ms: number): Promise<void> {
    if (!this.#rung) {
      this.#waiting = new AbortController()
      await this.#clock.sleep(ms, this.#waiting.signal).catch(() => {})
      this.#waiting = undefined
    }
    this.#rung = false
  }
}
