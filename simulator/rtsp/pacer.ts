/** Often enough for 15 frames/s to leave evenly, seldom enough to cost nothing. */
const TICK_MS = 20

/** One timer for all playing sessions of a fleet, which runs only while there is one. */
export class Pacer {
  readonly #now: () => number
  readonly #players = new Set<(nowMs: number) => void>()
  #timer: NodeJS.Timeout | undefined

  constructor(now: () => number) {
    this.#now = now
  }

  add(player: (nowMs: number) => void): void {
    this.#players.add(player)
    this.#timer ??= setInterval(() => this.#tick(), TICK_MS)
  }

  remove(player: (nowMs: number) => void): void {
    this.#players.delete(player)
    if (this.#players.size > 0) return
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  #tick(): void {
    const now = this.#now()
    for (const player of this.#players) player(now)
  }
}
