import { createHash } from 'node:crypto'

/** So many of the last lines told are remembered: enough to tell a heartbeat's repetitions apart. */
const TAIL_LINES = 16

/** Marks of the last lines told, the last one last. They are made of lines without secrets, so they may be kept. */
export type Tail = readonly string[]

/** Too short to tell what it was made of, long enough that no two lines of a log share one. */
export const markOf = (line: string) => createHash('sha256').update(line).digest('base64').slice(0, 12)

/** The marks to remember once all of these lines have been told. */
export const tailOf = (marks: readonly string[]): Tail => marks.slice(-TAIL_LINES)

/**
 * Where in a log that was read again the lines begin that were not told yet: behind the last place where all that is
 * remembered stands, or as much of it as the log still holds. 0 where it does not: the log was rotated or cleared. The lines'
 * own times are not looked at, so a clock that jumps repeats nothing and hides nothing.
 */
export function freshFrom(marks: readonly string[], tail: Tail): number {
  if (tail.length === 0) return 0
  for (let end = marks.length; end > 0; end -= 1) {
    const length = Math.min(tail.length, end)
    const seen = tail.slice(-length)
    if (seen.every((mark, i) => marks[end - length + i] === mark)) return end
  }
  return 0
}
