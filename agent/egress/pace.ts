import type { Clock } from '../base/clock.ts'
import { LenscapError } from '../base/errors.ts'

export interface PaceSettings {
  /** Thousand bits a second, upwards; without, as fast as the line is. */
  readonly rateKbps?: number | undefined
  /** `22:00-06:00`, by the box's own time: media leave in these hours alone. */
  readonly hours?: string | undefined
}

const MINUTE_MS = 60_000
const DAY_MINUTES = 24 * 60
/** What may leave at once after a pause. */
const BURST_MS = 1000
const BURST_BYTES_MIN = 64 * 1024

/** How fast and when media may leave: a token bucket, and the hours in which the line is cheap. */
export class Pace {
  readonly #clock: Clock
  readonly #hours: { readonly from: number; readonly to: number } | undefined
  readonly #bytesPerMs: number
  readonly #burst: number
  #tokens: number
  #filledMs: number

  constructor({ rateKbps, hours }: PaceSettings, clock: Clock) {
    this.#clock = clock
    this.#hours = hours === undefined ? undefined : minutesOf(hours)
    this.#bytesPerMs = rateKbps === undefined ? Number.POSITIVE_INFINITY : rateKbps / 8
    this.#burst = Math.max(BURST_BYTES_MIN, this.#bytesPerMs * BURST_MS)
    this.#tokens = this.#burst
    this.#filledMs = clock.monotonicMs()
  }

  /** How long nothing may leave from now on: 0 within the hours. */
  closedForMs(): number {
    if (this.#hours === undefined) return 0
    const { from, to } = this.#hours
    const now = new Date(this.#clock.nowMs())
    const minute = now.getHours() * 60 + now.getMinutes()
    const isOpen = from < to ? minute >= from && minute < to : minute >= from || minute < to
    return isOpen ? 0 : ((from - minute + DAY_MINUTES) % DAY_MINUTES) * MINUTE_MS
  }

  /**
   * Resolves when so many bytes may leave. Below a burst's size, else it would never.
   * @throws LenscapError `busy` outside of the hours; AbortError when the signal fires
   */
  async take(bytes: number, signal: AbortSignal): Promise<void> {
    if (this.closedForMs() > 0) throw new LenscapError('busy', 'The hours for uploads are over: it goes on in the next')
    if (this.#bytesPerMs === Number.POSITIVE_INFINITY) return
    this.#fill()
    while (this.#tokens < Math.min(bytes, this.#burst)) {
      await this.#clock.sleep(Math.ceil((bytes - this.#tokens) / this.#bytesPerMs), signal)
      this.#fill()
    }
    this.#tokens -= bytes
  }

  #fill(): void {
    const nowMs = this.#clock.monotonicMs()
    this.#tokens = Math.min(this.#burst, this.#tokens + (nowMs - this.#filledMs) * this.#bytesPerMs)
    this.#filledMs = nowMs
  }
}

/** Minutes of the day. */
function minutesOf(hours: string): { from: number; to: number } {
  const [from = 0, to = 0] = hours.split('-').map((time) => {
    const [hour = 0, minute = 0] = time.split(':').map(Number)
    return hour * 60 + minute
  })
  return { from, to }
}
