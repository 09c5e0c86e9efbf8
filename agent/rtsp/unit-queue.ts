import type { StreamUnit } from './access-unit.ts'

/**
 * Hands units to one reader, in order, without losing any: past `bytesMax` waiting bytes it asks the sender to
 * pause, and to go on once half of them are read.
 */
export class UnitQueue {
  readonly #bytesMax: number
  readonly #pause: (paused: boolean) => void
  #units: StreamUnit[] = []
  #at = 0
  #bytes = 0
  #paused = false
  #ended = false
  #error: unknown
  #wake: (() => void) | undefined

  constructor(bytesMax: number, pause: (paused: boolean) => void) {
    this.#bytesMax = bytesMax
    this.#pause = pause
  }

  get paused(): boolean {
    return this.#paused
  }

  push(unit: StreamUnit): void {
    if (this.#ended) return
    this.#units.push(unit)
    this.#bytes += unit.data.length
    if (this.#bytes > this.#bytesMax && !this.#paused) this.#setPaused(true)
    this.#wake?.()
  }

  /** Lets go what nobody has read; the reader ends, with the error if there is one. */
  end(error?: unknown): void {
    if (this.#ended) return
    this.#ended = true
    this.#error = error
    this.#units = []
    this.#at = 0
    this.#wake?.()
  }

  async next(): Promise<StreamUnit | undefined> {
    while (this.#at >= this.#units.length) {
      if (this.#error !== undefined) throw this.#error
      if (this.#ended) return undefined
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
      this.#wake = undefined
    }
    const unit = this.#units[this.#at]
    this.#at += 1
    if (this.#at === this.#units.length) {
      this.#units = []
      this.#at = 0
    }
    this.#bytes -= unit?.data.length ?? 0
    if (this.#paused && this.#bytes <= this.#bytesMax / 2) this.#setPaused(false)
    return unit
  }

  #setPaused(paused: boolean): void {
    this.#paused = paused
    this.#pause(paused)
  }
}
