import type { Clock } from '../base/clock.ts'

/** A device can't be changed for another in less without a connection failing. */
const LASTS_MS = 5_000

/**
 * Whether it is still the device that was confirmed: as long as exchanges with it follow each other closely, and none of
 * them fails. A pull that waits for events is such an exchange, so that an ordinary day needs no further question.
 */
export class Continuity {
  readonly #clock: Clock
  #sureUntilMs = Number.NEGATIVE_INFINITY
  /** Exchanges under way that began while it was sure. */
  #underWay = 0
  /** Counts the breaks: what began before one says nothing afterwards. */
  #breaks = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get isSure(): boolean {
    return this.#underWay > 0 || this.#clock.monotonicMs() < this.#sureUntilMs
  }

  /** Somebody found out who it is. */
  confirmed(): void {
    this.#sureUntilMs = this.#clock.monotonicMs() + LASTS_MS
  }

  /** From now on it may be another. */
  broken(): void {
    this.#breaks += 1
    this.#underWay = 0
    this.#sureUntilMs = Number.NEGATIVE_INFINITY
  }

  /** Runs an exchange and takes account of it. */
  async during<T>(exchange: () => Promise<T>): Promise<T> {
    const [wasSure, breaks] = [this.isSure, this.#breaks]
    if (wasSure) this.#underWay += 1
    try {
      const answer = await exchange()
      if (wasSure && breaks === this.#breaks) {
        this.#underWay -= 1
        this.confirmed()
      }
      return answer
    } catch (error) {
      this.broken()
      throw error
    }
  }
}
