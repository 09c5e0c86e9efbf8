import { setTimeout as sleepFor } from 'node:timers/promises'

/** Time as an argument, so that a test decides what time it is. */
export interface Clock {
  /** UTC, milliseconds since 1970. May jump. */
  nowMs(): number
  /** Milliseconds since some fixed point. Never jumps. */
  monotonicMs(): number
  /** Resolves after `ms`; rejects with an AbortError when the signal fires. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  sleep: (ms, signal) => sleepFor(ms, undefined, signal ? { signal } : {}),
}
