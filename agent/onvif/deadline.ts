/**
 * Runs work under a signal that also fires after `timeoutMs`, as a TimeoutError. Unlike `AbortSignal.any`, nothing stays
 * behind on a signal that lives as long as the process.
 */
export async function withDeadline<T>(
  signal: AbortSignal,
  timeoutMs: number,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController()
  const stop = () => controller.abort(signal.reason)
  if (signal.aborted) stop()
  signal.addEventListener('abort', stop, { once: true })
  const late = new DOMException(`No answer within ${timeoutMs} ms`, 'TimeoutError')
  const timer = setTimeout(() => controller.abort(late), timeoutMs)
  try {
    return await work(controller.signal)
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', stop)
  }
}
