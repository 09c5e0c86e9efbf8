import { randomBytes } from 'node:crypto'
import { existsSync, rmSync, statfsSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type Database, isFull } from './database.ts'

/** Enough for SQLite's log of a few hundred messages that go. */
const BYTES = 1024 * 1024
/** With less nothing could be done. */
const BYTES_MIN = 128 * 1024
/** At first it is taken only where so many times more is free: a small disk is not ours alone. */
const FREE_FACTOR = 4

/**
 * Room kept for a full disk: to let a message go, SQLite has to write first. Without it a queue on a full disk could never
 * be emptied again, however much the bridge acknowledges.
 */
export class Ballast {
  readonly #path: string

  constructor(path: string) {
    this.#path = path
  }

  /** Takes the room where there is plenty. Never throws: a box that is nearly full runs without. */
  hold(): void {
    this.#take(FREE_FACTOR * BYTES)
  }

  /**
   * Runs a step; where the disk is full, once more with the room that was kept, which is taken back as soon as SQLite's log
   * has given it back. @throws what the step throws
   */
  withRoom<T>(db: () => Database | undefined, step: () => T): T {
    try {
      return step()
    } catch (error) {
      if (!isFull(error)) throw error
      this.#release()
      emptyLog(db())
      try {
        return step()
      } finally {
        emptyLog(db())
        this.#take(BYTES_MIN)
      }
    }
  }

  /** As much as there is, where at least so much is free, with what is held already. */
  #take(freeMin: number): void {
    try {
      const held = existsSync(this.#path) ? statSync(this.#path).size : 0
      const { bavail, bsize } = statfsSync(dirname(this.#path))
      const free = held + bavail * bsize
      // Random, since some flash file systems keep zeros in no room at all.
      if (held < BYTES && free >= freeMin)
        writeFileSync(this.#path, randomBytes(Math.min(BYTES, free)), { mode: 0o600 })
    } catch {
      this.#release()
    }
  }

  #release(): void {
    rmSync(this.#path, { force: true })
  }
}

/** The room that is kept in a state folder for what must be written whatever fills the disk: that permission has ended. */
export const stateBallast = (stateDir: string): Ballast => new Ballast(join(stateDir, 'state.ballast'))

/** Puts SQLite's log into the file proper and gives its room back, as far as the disk permits. */
export function emptyLog(db: Database | undefined): void {
  try {
    db?.pragma('wal_checkpoint(TRUNCATE)')
  } catch (error) {
    if (!isFull(error)) throw error
  }
}

/** Room inside the file that deleted rows left. */
export function freeBytesIn(db: Database): number {
  const value = (name: string) => Number(db.pragma(name, { simple: true }))
  return value('freelist_count') * value('page_size')
}
