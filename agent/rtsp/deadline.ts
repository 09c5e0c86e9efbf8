import type { Clock } from '../base/clock.ts'
import { LenscapError } from '../base/errors.ts'

interface Deadline {
  readonly clock: Clock
  readonly timeoutMs: number
  readonly signal: AbortSignal
  /** What is late, for the error: "RTSP handshake with 192.0.2.1". */
  readonly what: string
}

/**
 * Runs `work` with a signal that fires when the outer one does, or when time is up, but never after work is done.
 * @throws LenscapError `timeout` when time is up, the outer signal's reason when that fires
 */
export async function withDeadline<T>(deadline: Deadline, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const { clock, timeoutMs, signal, what } = deadline
  signal.throwIfAborted()
  const done = new AbortController()
  const stop = new AbortController()
  signal.addEventListener('abort', () => stop.abort(signal.reason), { once: true, signal: done.signal })
  clock.sleep(timeoutMs, done.signal).then(
    () => stop.abort(new LenscapError('timeout', `${what} took longer than ${timeoutMs} ms`, { timeoutMs })),
    () => {},
  )
  try {
    const stopped = new Promise<never>((_, reject) => {
      stop.signal.addEventListener('abort', () => reject(stop.signal.reason), { once: true })
    })
    return await Promise.race([work(stop.signal), stopped])
  } finally {
    done.abort()
  }
}
