/** How the player is to go on: jump to a place, or play at a rate. */
export type Step = { readonly seekTo: number } | { readonly rate: number }

/** The pictures of so many last arrivals tell how evenly they come. */
const WINDOW = 30
/** So much before its time should a picture come that comes later than nine of ten others. */
const SPARE_S = 0.01
/** Within this nothing is changed. */
const SLACK_S = 0.015
/** Further behind than this, it is quicker to jump. */
const JUMP_S = 0.4
const RATE_MAX = 1.1
const RATE_MIN = 0.95
/** A second too much is made up for within some seconds. */
const GAIN = 0.5

/**
 * Keeps a player as close behind the newest picture as the line lets it: far enough that nine of ten pictures come
 * before it is their turn, and no further.
 */
export class Pace {
  #ahead: number[] = []

  /**
   * @param newest when the picture that has just come is to be shown, in seconds of the video
   * @param now where the video is
   */
  next(newest: number, now: number): Step {
    const ahead = newest - now
    if (this.#ahead.length === 0 || Math.abs(ahead) > JUMP_S + this.#spread()) {
      this.#ahead = [SPARE_S + SLACK_S]
      return { seekTo: Math.max(0, newest - SPARE_S - SLACK_S) }
    }
    this.#ahead = [...this.#ahead.slice(1 - WINDOW), ahead]
    const late = this.#late() - SPARE_S
    if (Math.abs(late) <= SLACK_S) return { rate: 1 }
    return { rate: Math.min(RATE_MAX, Math.max(RATE_MIN, 1 + late * GAIN)) }
  }

  #sorted(): number[] {
    return this.#ahead.toSorted((a, b) => a - b)
  }

  #late(): number {
    return this.#sorted()[Math.floor(this.#ahead.length / 10)] ?? 0
  }

  #spread(): number {
    const sorted = this.#sorted()
    return (sorted.at(-1) ?? 0) - (sorted[0] ?? 0)
  }
}
