import { monitorEventLoopDelay } from 'node:perf_hooks'

/** How the process itself is doing. */
export interface ProcessFacts {
  readonly residentBytes: number
  /** User and system, since the start. */
  readonly cpuS: number
  /** The longest delay of the event loop since the last look. */
  readonly lagMaxS: number
}

const RESOLUTION_MS = 100

/** Watches the event loop from the first look on: a box whose metrics nobody reads pays nothing. */
export class ProcessWatch implements Disposable {
  #delay: ReturnType<typeof monitorEventLoopDelay> | undefined

  look(): ProcessFacts {
    const { user, system } = process.cpuUsage()
    return { residentBytes: process.memoryUsage.rss(), cpuS: (user + system) / 1e6, lagMaxS: this.#lag() }
  }

  #lag(): number {
    if (this.#delay === undefined) {
      this.#delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
      this.#delay.enable()
      return 0
    }
    const lagMs = Math.max(0, this.#delay.max / 1e6 - RESOLUTION_MS)
    this.#delay.reset()
    return lagMs / 1000
  }

  [Symbol.dispose](): void {
    this.#delay?.disable()
  }
}
