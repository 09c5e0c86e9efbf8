/** Remembers what was used once, for as long as it would still be valid, so that it can't be used again. */
export class ReplayGuard {
  readonly #seen = new Map<string, number>()
  readonly #entriesMax: number

  constructor(entriesMax = 2048) {
    this.#entriesMax = entriesMax
  }

  /** Says whether this is the first use of `key`, and remembers it until `untilMs`. */
  isFirstUse(key: string, nowMs: number, untilMs: number): boolean {
    for (const [old, until] of this.#seen) {
      // Insertion order is nearly expiry order, so the sweep can stop at the first that lives.
      if (until > nowMs && this.#seen.size < this.#entriesMax) break
      this.#seen.delete(old)
    }
    if (this.#seen.has(key)) return false
    this.#seen.set(key, untilMs)
    return true
  }
}
