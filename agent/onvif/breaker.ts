/** How often a device failed to answer in a row, and until when it is left alone. Times are monotonic milliseconds. */
export interface BreakerState {
  readonly failures: number
  readonly openUntilMs: number
}

export const CLOSED: BreakerState = { failures: 0, openUntilMs: 0 }

const FAILURES_MAX = 3
const FIRST_REST_MS = 5_000
const REST_MS_MAX = 60_000

/** After three failures in a row a device rests 5 s, then twice as long each time, a minute at most. Any answer closes it. */
export function step(state: BreakerState, outcome: 'answered' | 'failed', nowMs: number): BreakerState {
  if (outcome === 'answered') return CLOSED
  const failures = state.failures + 1
  if (failures < FAILURES_MAX) return { failures, openUntilMs: 0 }
  const restMs = Math.min(REST_MS_MAX, FIRST_REST_MS * 2 ** Math.min(failures - FAILURES_MAX, 10))
  return { failures, openUntilMs: nowMs + restMs }
}

export const isOpen = (state: BreakerState, nowMs: number) => nowMs < state.openUntilMs
