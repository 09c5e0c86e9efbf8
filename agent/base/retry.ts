import type { Clock } from './clock.ts'

/** How long to wait between attempts. All in milliseconds. */
export interface RetryPolicy {
  readonly firstDelayMs: number
  readonly delayMsMax: number
  /** An attempt that lasted at least this long counts as a success: the delay starts again from the first. */
  readonly steadyAfterMs: number
}

export interface RetryDeps {
  readonly clock: Clock
  readonly random: () => number
  readonly signal: AbortSignal
  readonly onError: (error: unknown, nextAttemptMs: number) => void
}

/**
 * Runs `work` again and again until the signal fires. Work returns or throws; this is the one loop that retries.
 * Delays double up to the maximum, each shortened by up to half at random so that a fleet does not return in step.
 */
export async function keepRunning(
  work: (signal: AbortSignal) => Promise<void>,
  policy: RetryPolicy,
  deps: RetryDeps,
): Promise<void> {
  const { clock, random, signal, onError } = deps
  for (let failures = 0; !signal.aborted; ) {
    const startedMs = clock.monotonicMs()
    try {
      await work(signal)
      failures = 0
    } catch (error) {
      if (signal.aborted) return
      failures = clock.monotonicMs() - startedMs >= policy.steadyAfterMs ? 1 : failures + 1
      const fullMs = Math.min(policy.delayMsMax, policy.firstDelayMs * 2 ** Math.min(failures - 1, 20))
      const delayMs = Math.round(fullMs * (1 - random() / 2))
      onError(error, delayMs)
      await clock.sleep(delayMs, signal).catch(() => {})
      continue
    }
    if (!signal.aborted) await clock.sleep(policy.firstDelayMs, signal).catch(() => {})
  }
}
