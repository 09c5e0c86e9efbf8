import { setTimeout as sleep } from 'node:timers/promises'
import type { House } from '../harness/house.ts'

/** Power cuts of the bridge, one at a time, each for a while that goes on beside what the sender does. */
export class Outages {
  readonly #house: House
  #count = 0
  #current: Promise<void> = Promise.resolve()
  #isOut = false

  constructor(house: House) {
    this.#house = house
  }

  get count(): number {
    return this.#count
  }

  /** Kills the bridge now and starts it again later, unless it is out already. */
  begin(forMs: number): void {
    if (this.#isOut) return
    this.#isOut = true
    this.#count += 1
    this.#current = this.#cut(forMs)
    // Whoever waits for the end hears of a failure; until then it must not end the process.
    this.#current.catch(() => {})
  }

  /** Resolves when the bridge is back. @throws Error where it did not start again */
  async over(): Promise<void> {
    await this.#current
  }

  async #cut(forMs: number): Promise<void> {
    await this.#house.killBridge()
    await sleep(forMs)
    await this.#house.startBridge()
    this.#isOut = false
  }
}
