import { systemClock } from '../base/clock.ts'

/** Waits for a condition, not for a time. @throws Error naming what was waited for in vain */
export async function until(what: string, condition: () => boolean, deadlineMs = 8000): Promise<void> {
  const endMs = systemClock.monotonicMs() + deadlineMs
  while (!condition()) {
    if (systemClock.monotonicMs() > endMs) throw new Error(`waited in vain until ${what}`)
    await systemClock.sleep(5)
  }
}
