import type { Clock } from '../../agent/base/clock.ts'

export interface ThrottleOptions {
  /** How many failures within the window before it says no. */
  readonly failuresMax: number
  readonly windowMs: number
  /** How many keys are remembered; the oldest is forgotten first. */
  readonly keysMax: number
  readonly clock: Clock
}

interface Entry {
  failures: number
  readonly untilMs: number
}

/** Counts failures by key in fixed windows, in bounded memory. */
export class Throttle {
  readonly #options: ThrottleOptions
  readonly #entries = new Map<string, Entry>()

  constructor(options: ThrottleOptions) {
    this.#options = options
  }

  blocked(key: string): boolean {
    return (this.#entry(key)?.failures ?? 0) >= this.#options.failuresMax
  }

  fail(key: string): void {
    const entry = this.#entry(key)
    if (entry) {
      entry.failures += 1
      return
    }
    const { clock, windowMs, keysMax } = this.#options
    this.#entries.delete(key)
    this.#entries.set(key, { failures: 1, untilMs: clock.monotonicMs() + windowMs })
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= keysMax) break
      this.#entries.delete(oldest)
    }
  }

  /** What was counted as a failure was none. */
  takeBack(key: string): void {
    const entry = this.#entry(key)
    if (entry && entry.failures > 0) entry.failures -= 1
  }

  forget(key: string): void {
    this.#entries.delete(key)
  }

  #entry(key: string): Entry | undefined {
    const entry = this.#entries.get(key)
    return entry && this.#options.clock.monotonicMs() < entry.untilMs ? entry : undefined
  }
}
