import { setTimeout as sleepFor } from 'node:timers/promises'

/** Time as an argument, so that a test decides what time it is. */
export interface Clock {
  /** UTC, milliseconds since 1970. May jump. */
  nowMs(): number
  /** Milliseconds since some fixed point. Never jumps. */
  monotonicMs(): number
  /** Resolves after `ms`; rejects with an AbortError when the signal fires. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
  /**
   * Calls back after `ms`, unless what it returns is called before. For deadlines, nearly all of which nobody meets: it takes
   * a tenth of a `sleep` that is ended by a signal. `after` below does the same by any clock.
   */
  after?(ms: number, run: () => void): () => void
}

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  sleep: (ms, signal) => sleepFor(ms, undefined, signal ? { signal } : {}),
  after: (ms, run) => {
    const timer = setTimeout(run, ms)
    return () => clearTimeout(timer)
  },
}

/** Calls back after `ms` by this clock, unless what it returns is called before. */
export function after(clock: Clock, ms: number, run: () => void): () => void {
  if (clock.after) return clock.after(ms, run)
  const undone = new AbortController()
  clock.sleep(ms, undone.signal).then(
    () => undone.signal.aborted || run(),
    () => {},
  )
  return () => undone.abort()
}
