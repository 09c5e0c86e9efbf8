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
    let at = this.#appointments.length
    while (at > 0 && (this.#appointments[at - 1]?.dueMs ?? 0) > appointment.dueMs) at--
    this.#appointments.splice(at, 0, appointment)
    if (at === 0) this.#arm()
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
