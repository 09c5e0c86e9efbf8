import { createHash } from 'node:crypto'
import type { Clock } from '../base/clock.ts'
import type { SignedGrant } from '../protocol/grant.ts'

const WINDOW_MS = 3_600_000
const LINES_PER_WINDOW_MAX = 10

/**
 * What is told of refused grants. A retained one comes at each connect, and a broker in foreign hands may send thousands:
 * each is told once an hour, ten an hour at most, and then how many more there were.
 */
export class RefusedGrants {
  readonly #clock: Clock
  readonly #told = new Set<string>()
  #fromMs = Number.NEGATIVE_INFINITY
  #silent = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** The line for the owner, or undefined where there is none to be told now. */
  words(signed: SignedGrant, reason: string): string | undefined {
    const nowMs = this.#clock.monotonicMs()
    const unsaid = nowMs - this.#fromMs >= WINDOW_MS ? this.#begin(nowMs) : 0
    const mark = createHash('sha256').update(`${signed.document} ${signed.signature}`).digest('base64')
    if (this.#told.has(mark) || this.#told.size >= LINES_PER_WINDOW_MAX) {
      this.#silent += 1
      return undefined
    }
    this.#told.add(mark)
    return `Refused a grant: ${reason}${unsaid > 0 ? ` (and ${unsaid} more since the hour before)` : ''}`
  }

  /** How many were passed over in silence in the window that is over. */
  #begin(nowMs: number): number {
    const silent = this.#silent
    this.#fromMs = nowMs
    this.#silent = 0
    this.#told.clear()
    return silent
  }
}
