export const RETRY_MS_MIN = 500
export const RETRY_MS_MAX = 15_000

/** How long to wait before try number `attempt` (0, 1, 2 …): doubling, bounded, spread by `random` 0..1 over its upper half. */
export function retryDelayMs(attempt: number, random: number): number {
  const whole = Math.min(RETRY_MS_MAX, RETRY_MS_MIN * 2 ** Math.min(attempt, 16))
  return Math.round(whole * (0.5 + random / 2))
}
