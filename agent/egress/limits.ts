import type { RetryPolicy } from '../base/retry.ts'
import type { PaceSettings } from './pace.ts'
import type { Keeping } from './retention.ts'

export interface EgressLimits extends PaceSettings, Keeping {
  /** One request carries so much at first and after a failure; then more and more, as long as all goes well. */
  readonly chunkBytes: number
  readonly chunkBytesMax: number
  readonly stallMs: number
  /** Items on their way at once, of which one sends; one alone until the bridge has taken it, and after a failure. */
  readonly flightsMax: number
  /** After a 401 or 403 nothing is asked for so long. */
  readonly refusedDelayMs: number
  /** An item that the bridge refused so often is given up. */
  readonly refusalsMax: number
  readonly retry: RetryPolicy
}

export const LIMITS: EgressLimits = {
  bytesMax: 512 * 1024 * 1024,
  // Proxies mostly take no larger one unless they are told to, and those that buffer lose it when the line is cut.
  chunkBytes: 1024 * 1024,
  chunkBytesMax: 16 * 1024 * 1024,
  stallMs: 30_000,
  // One sends, one is announced, one waits for the bridge's word.
  flightsMax: 3,
  refusedDelayMs: 60_000,
  refusalsMax: 8,
  retry: { firstDelayMs: 1000, delayMsMax: 300_000, steadyAfterMs: 60_000 },
}
