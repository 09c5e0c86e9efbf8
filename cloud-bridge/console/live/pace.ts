/** How the player is to go on: jump to a place, or play at a rate. */
export type Step = { readonly seekTo: number } | { readonly rate: number }

/** The pictures of so many last arrivals tell how evenly they come. */
const WINDOW = 30
/** So much before its time should a picture come that comes later than nine of ten others. */
const SPARE_S = 0.01
/** Within this nothing is changed. */
const SLACK_S = 0.015
/** Further off than this, it is quicker to jump. */
const JUMP_S = 0.5
const RATE_MAX = 1.25
const RATE_MIN = 0.9

/**
 * Keeps a player as close behind the newest picture as the line lets it: far enough that nine of ten pictures come
 * before it is their turn, and no further. All in seconds.
 */
export class Pace {
  /** By how much each picture's time was ahead of the clock when it came. */
  #leads: number[] = []

  /**
   * @param newest when the picture that has just come is to be shown, by the video's time
   * @param now where the video is
   * @param clock any steady clock
   */
  next(newest: number, now: number, clock: number): Step {
    this.#leads = [...this.#leads, newest - clock].slice(-WINDOW)
    const sorted = this.#leads.toSorted((a, b) => a - b)
    const latest = sorted[Math.floor(sorted.length / 10)] ?? 0
    const off = latest - (now - clock) - SPARE_S
    if (Math.abs(off) > JUMP_S) {
      // What came before a break tells nothing of what comes after it.
      this.#leads = [newest - clock]
      return { seekTo: Math.max(0, newest - SPARE_S) }
    }
    if (Math.abs(off) <= SLACK_S) return { rate: 1 }
    return { rate: Math.min(RATE_MAX, Math.max(RATE_MIN, 1 + off)) }
  }
}
