import { after, type Clock } from './clock.ts'
import { type ErrorFacts, LenscapError } from './errors.ts'
import { LinkedController } from './linked-controller.ts'

export interface Deadline {
  readonly clock: Clock
  readonly timeoutMs: number
  readonly signal: AbortSignal
  /** What is late, for the error: "The RTSP handshake with 192.0.2.1". */
  readonly what: string
  readonly facts?: ErrorFacts
}

/**
 * Runs `work` with a signal that fires when the outer one does, or when time is up, but never after work is done. Work
 * that does not heed its signal is not waited for.
 * @throws LenscapError `timeout` when time is up, the outer signal's reason when that fires, else what work throws
 */
export async function withDeadline<T>(deadline: Deadline, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const { clock, timeoutMs, signal, what, facts } = deadline
  signal.throwIfAborted()
  using stop = new LinkedController(signal)
  const { promise, resolve, reject } = Promise.withResolvers<T>()
  stop.signal.addEventListener('abort', () => reject(stop.signal.reason), { once: true })
  const undo = after(clock, timeoutMs, () =>
    stop.abort(new LenscapError('timeout', `${what} took longer than ${timeoutMs} ms`, { ...facts, timeoutMs })),
  )
  try {
    work(stop.signal).then(resolve, reject)
    return await promise
  } finally {
    undo()
  }
}
