import type { Agenda } from './agenda.ts'

/** A camera's changes of power and place, one after the other, until it is done away with. */
export class Turns {
  readonly #agenda: Agenda
  readonly #over = new AbortController()
  #last: Promise<unknown> = Promise.resolve()

  constructor(agenda: Agenda) {
    this.#agenda = agenda
  }

  get isOver(): boolean {
    return this.#over.signal.aborted
  }

  /** Throws what the change throws; what was to come after the end isn't done. */
  take(change: () => Promise<void>): Promise<void> {
    const turn = this.#last.then(() => (this.isOver ? undefined : change()))
    this.#last = turn.catch(() => {})
    return turn
  }

  /** Waits until all that was asked for so far is done. */
  async settled(): Promise<void> {
    await this.#last
  }

  /** Waits that long, or until the end. */
  pause(forMs: number): Promise<void> {
    return new Promise((resolve) => {
      this.#over.signal.addEventListener('abort', () => resolve())
      this.#agenda.after(forMs, resolve)
    })
  }

  async end(): Promise<void> {
    this.#over.abort()
    await this.#last
  }
}
