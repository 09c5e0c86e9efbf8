/** A token that failed is worth one more in another time only where that is off by more than this. */
const SKEW_MS_NOTICED = 5_000

/**
 * In what time a device wants its tokens. Nearly always in the one that it tells; some tell their local time as UTC, or
 * another hour in summer, and check by the right one.
 */
export class SigningTime {
  #keptMs: number | undefined
  #workedMs: number | undefined
  #beforeMs: number | undefined

  /** @param toldMs the device's clock minus the box's, as it tells it */
  skewMs(toldMs: number | undefined): number {
    return this.#keptMs ?? toldMs ?? 0
  }

  worked(toldMs: number | undefined): void {
    this.#workedMs = this.skewMs(toldMs)
  }

  /** After a refusal: what it tells now, what worked before, or the box's own. @returns false where all are the same */
  turn(toldBeforeMs: number | undefined, toldMs: number | undefined): boolean {
    const usedMs = this.skewMs(toldBeforeMs)
    const others = [toldMs, this.#workedMs, 0]
    const other = others.find((ms) => ms !== undefined && Math.abs(ms - usedMs) > SKEW_MS_NOTICED)
    if (other === undefined) return false
    this.#beforeMs = this.#keptMs
    this.#keptMs = other === toldMs ? undefined : other
    return true
  }

  /** That was not it either: what was refused was not the time. */
  turnBack(): void {
    this.#keptMs = this.#beforeMs
  }
}
