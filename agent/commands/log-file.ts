import { appendFileSync, closeSync, fstatSync, openSync, readFileSync, readSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Clock } from '../base/clock.ts'

export interface LogFileLimits {
  /** Of each of the two files: the newer one becomes the older one when it has so many. */
  readonly bytesMax: number
  /** No line is kept much longer. */
  readonly ageMsMax: number
}

const LIMITS: LogFileLimits = { bytesMax: 1_048_576, ageMsMax: 30 * 86_400_000 }

/** The older lines, then the newer ones. */
const FILES = ['agent.log.1', 'agent.log'] as const
const [OLDER, NEWER] = FILES

/**
 * What the agent logged, on disk, so that it can be read after the agent has died: lines of JSON in two files that only
 * the agent's own user can read. Bounded by size and by age; no fsync, since a line is worth no wear of the flash: a kill
 * loses nothing, a power cut what the system had not written yet.
 */
export class LogFile {
  readonly #folder: string
  readonly #clock: Pick<Clock, 'nowMs'>
  readonly #limits: LogFileLimits

  constructor(folder: string, clock: Pick<Clock, 'nowMs'>, limits: Partial<LogFileLimits> = {}) {
    this.#folder = folder
    this.#clock = clock
    this.#limits = { ...LIMITS, ...limits }
  }

  /** Never throws: a disk that is full or gone must not stop the agent. */
  append(line: string): void {
    try {
      const { bytes, fromMs, ends } = beginningOf(this.#path(NEWER))
      const age = this.#clock.nowMs() - fromMs
      const isFull = bytes > 0 && bytes + Buffer.byteLength(line) > this.#limits.bytesMax
      if (isFull || age > this.#limits.ageMsMax / 2) renameSync(this.#path(NEWER), this.#path(OLDER))
      else this.#dropOld()
      // A power cut may have left half a line: it must not take this one with it.
      appendFileSync(this.#path(NEWER), `${ends ? '' : '\n'}${line}\n`, { mode: 0o600 })
    } catch {
      // The line is on standard error and in memory.
    }
  }

  #path(name: (typeof FILES)[number]): string {
    return join(this.#folder, name)
  }

  /** Its newest line is as old as the newer file's first one. */
  #dropOld(): void {
    const { bytes, fromMs } = beginningOf(this.#path(OLDER))
    if (bytes > 0 && this.#clock.nowMs() - fromMs > this.#limits.ageMsMax) rmSync(this.#path(OLDER))
  }
}

/** A line's time; undefined for what is no line of ours. */
export function timeOfLine(line: string): number | undefined {
  try {
    const time = Date.parse(String(JSON.parse(line).time))
    return Number.isNaN(time) ? undefined : time
  } catch {
    return undefined
  }
}

/**
 * All lines that are kept, oldest first; those that a power cut damaged are left out.
 * @throws what the file system throws, but for a file that is not there
 */
export function readLogLines(folder: string): string[] {
  const lines = FILES.flatMap((name) => {
    try {
      return readFileSync(join(folder, name), 'utf8').split('\n')
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
      throw error
    }
  })
  return lines.filter((line) => timeOfLine(line) !== undefined)
}

const FIRST_LINE_BYTES = 256

/** A box without a clock of its own begins in 1970, until a time server is reached. */
const BELIEVABLE_MS = Date.UTC(2020, 0, 1)

/** Of a file: its size, the time of its first line (as good as now where there is none), and whether its last line is whole. */
function beginningOf(path: string): { bytes: number; fromMs: number; ends: boolean } {
  let file: number
  try {
    file = openSync(path, 'r')
  } catch {
    return { bytes: 0, fromMs: Number.POSITIVE_INFINITY, ends: true }
  }
  try {
    const { size, mtimeMs } = fstatSync(file)
    const head = Buffer.alloc(FIRST_LINE_BYTES)
    const last = Buffer.alloc(1)
    readSync(file, head, 0, FIRST_LINE_BYTES, 0)
    if (size > 0) readSync(file, last, 0, 1, size - 1)
    const time = Date.parse(/"time":"([^"]+)"/.exec(head.toString())?.[1] ?? '')
    return { bytes: size, fromMs: time > BELIEVABLE_MS ? time : mtimeMs, ends: size === 0 || last[0] === 10 }
  } finally {
    closeSync(file)
  }
}
