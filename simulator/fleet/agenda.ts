interface Appointment {
  readonly dueMs: number
  readonly run: () => void
}

/** A longer timer would fire at once. */
const TIMER_MS_MAX = 2 ** 31 - 1

/** Things to do later, for a whole fleet, on one timer. */
export class Agenda implements Disposable {
  readonly #appointments: Appointment[] = []
  #timer: NodeJS.Timeout | undefined
  #isOver = false

  /** Runs it once, after that time. Nothing runs after the agenda is disposed of. */
  after(delayMs: number, run: () => void): void {
    if (this.#isOver) return
    const appointment = { dueMs: performance.now() + delayMs, run }
    const at = this.#placeOf(appointment.dueMs)
    this.#appointments.splice(at, 0, appointment)
    if (at === 0) this.#arm()
  }

  /** Behind all that is due by then: found by halving, as a fleet of thousands has thousands of appointments. */
  #placeOf(dueMs: number): number {
    let low = 0
    let high = this.#appointments.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#appointments[middle]?.dueMs ?? 0) <= dueMs) low = middle + 1
      else high = middle
    }
    return low
  }

  #arm(): void {
    clearTimeout(this.#timer)
    const next = this.#appointments[0]
    if (!next) return
    this.#timer = setTimeout(() => this.#runDue(), Math.min(TIMER_MS_MAX, Math.max(0, next.dueMs - performance.now())))
  }

  #runDue(): void {
    const now = performance.now()
    let next = this.#appointments[0]
    while (next && next.dueMs <= now) {
      this.#appointments.shift()
      next.run()
      next = this.#appointments[0]
    }
    this.#arm()
  }

  [Symbol.dispose](): void {
    this.#isOver = true
    this.#appointments.length = 0
    clearTimeout(this.#timer)
  }
}
