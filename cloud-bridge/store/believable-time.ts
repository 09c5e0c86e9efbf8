const AHEAD_MS_MAX = 5 * 60_000
// Before Lenscap was: the clock of a box without a battery, before it has heard of the time.
const EARLIEST_MS = Date.UTC(2025, 0, 1)

/**
 * When something happened, as far as the box's clock can be believed; otherwise when it came in. A time far ahead would
 * stay the newest for years and outlive its keeping, one of 1970 would be forgotten the same night.
 */
export function believableTime(atMs: number, nowMs: number): number {
  return atMs >= EARLIEST_MS && atMs <= nowMs + AHEAD_MS_MAX ? atMs : nowMs
}
