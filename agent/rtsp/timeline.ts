const JUMP_S = 10
// Reordered pictures step back by a few frames, a camera's clock that is set right by more.
const STEP_BACK_S_MAX = 1
// What ticks more than twice too fast or too slow for so long has another clock than it tells.
const TRIAL_MS = 5000
const RATE_FACTOR_MAX = 2

/**
 * Turns 32-bit RTP timestamps into ticks that never wrap. A camera whose clock jumps, stands or runs
 * at another rate than it says is followed by arrival time instead.
 */
export class Timeline {
  readonly #clockHz: number
  #rtp = 0
  #ticks = 0
  #arrivedMs: number | undefined
  #trial = { fromMs: 0, ticks: 0 }
  #isTrusted = true

  constructor(clockHz: number) {
    this.#clockHz = clockHz
  }

  get hasBegun(): boolean {
    return this.#arrivedMs !== undefined
  }

  /** @param arrivedMs monotonic */
  ticks(rtp: number, arrivedMs: number): number {
    if (this.#arrivedMs !== undefined) {
      const step = (rtp - this.#rtp) | 0
      const passed = Math.round(((arrivedMs - this.#arrivedMs) * this.#clockHz) / 1000)
      const jumped = Math.abs(step - passed) > JUMP_S * this.#clockHz || step < -STEP_BACK_S_MAX * this.#clockHz
      const isUsable = this.#isTrusted && !jumped && step !== 0
      this.#ticks += isUsable ? step : Math.max(1, passed)
      this.#tryRate(isUsable ? step : passed, arrivedMs)
    } else this.#trial.fromMs = arrivedMs
    this.#rtp = rtp
    this.#arrivedMs = arrivedMs
    return this.#ticks
  }

  #tryRate(step: number, arrivedMs: number): void {
    this.#trial.ticks += step
    const passed = ((arrivedMs - this.#trial.fromMs) * this.#clockHz) / 1000
    if (passed < (TRIAL_MS * this.#clockHz) / 1000) return
    const factor = this.#trial.ticks / passed
    if (factor > RATE_FACTOR_MAX || factor < 1 / RATE_FACTOR_MAX) this.#isTrusted = false
    this.#trial = { fromMs: arrivedMs, ticks: 0 }
  }

  /** The ticks of a moment near the newest; undefined for one that is too far away to belong to the same clock. */
  near(rtp: number): number | undefined {
    const step = (rtp - this.#rtp) | 0
    return this.hasBegun && Math.abs(step) <= JUMP_S * this.#clockHz ? this.#ticks + step : undefined
  }

  /** The ticks that have come to pass by then, as packets come. */
  byArrival(nowMs: number): number {
    return this.#ticks + ((nowMs - (this.#arrivedMs ?? nowMs)) * this.#clockHz) / 1000
  }
}
