import type { Target } from './carry.ts'
import type { Xml } from './xml.ts'

/** A device's clock against ours. */
export interface ClockReading {
  /** Camera's clock minus the box's; undefined where the device does not say its time. */
  readonly skewMs: number | undefined
  readonly latencyMs: number
  /** False where even the time is told only to who signs in. */
  readonly anonymous: boolean
}

export interface CallOptions {
  readonly signal: AbortSignal
  readonly timeoutMs?: number
  /** Without a credential, even if there is one. */
  readonly anonymous?: boolean
  /** Elsewhere on the same device: a subscription's address. */
  readonly target?: Target
  readonly media2?: boolean
  /** For what may come attached; 256 KB in all where absent. */
  readonly replyBytesMax?: number
}

/** A reply with what came attached to it. */
export interface Answer {
  readonly body: Xml
  /** By Content-ID. */
  readonly parts: ReadonlyMap<string, Buffer>
}
