import { TICKS_PER_SECOND } from './access-unit.ts'

const JUMP_TICKS = 10 * TICKS_PER_SECOND
// Reordered pictures step back by a few frames, a camera's clock that is set right by more.
const STEP_BACK_TICKS_MAX = TICKS_PER_SECOND

/** Turns 32-bit RTP timestamps into ticks that never wrap. A camera whose clock jumps is followed by arrival time instead. */
export class Timeline {
  #rtp = 0
  #ticks = 0
  #arrivedMs: number | undefined

  /** @param arrivedMs monotonic */
  ticks(rtp: number, arrivedMs: number): number {
    if (this.#arrivedMs !== undefined) {
      const step = (rtp - this.#rtp) | 0
      const passed = Math.round(((arrivedMs - this.#arrivedMs) * TICKS_PER_SECOND) / 1000)
      const jumped = Math.abs(step - passed) > JUMP_TICKS || step < -STEP_BACK_TICKS_MAX
      this.#ticks += jumped ? Math.max(1, passed) : step
    }
    this.#rtp = rtp
    this.#arrivedMs = arrivedMs
    return this.#ticks
  }
}
