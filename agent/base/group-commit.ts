import type { Database } from './database.ts'

/** Long enough for many devices to be read in, too short for anyone to notice. */
const WINDOW_MS = 25
const WRITES_MAX = 512

/**
 * Writes of one moment share one commit, as it is the wait for the disk that takes the time: an SD card needs 5 to 30 ms
 * for each, in which the agent does nothing else.
 */
export class GroupCommit {
  readonly #db: Database
  readonly #windowMs: number
  #writes: (() => void)[] = []
  #group = Promise.withResolvers<void>()
  #timer: NodeJS.Timeout | undefined

  constructor(db: Database, windowMs = WINDOW_MS) {
    this.#db = db
    this.#windowMs = windowMs
  }

  /**
   * Hands a write over; it is made later, in the order of coming. Resolves when it is on disk, and not before.
   * @throws what SQLite throws: then nothing of its group is
   */
  add(write: () => void): Promise<void> {
    const { promise } = this.#group
    promise.catch(() => {}) // for who does not wait
    this.#writes.push(write)
    if (this.#writes.length >= WRITES_MAX) this.flush()
    else this.#timer ??= setTimeout(() => this.flush(), this.#windowMs)
    return promise
  }

  /** Commits what waits. Never throws: who handed it over is told. */
  flush(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const [writes, group] = [this.#writes, this.#group]
    if (writes.length === 0) return
    this.#writes = []
    this.#group = Promise.withResolvers<void>()
    try {
      this.#db.transaction(() => {
        for (const write of writes) write()
      })()
      group.resolve()
    } catch (error) {
      group.reject(error)
    }
  }
}
