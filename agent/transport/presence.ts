import type { Clock } from '../base/clock.ts'
import { type Envelope, PROTOCOL_VERSION } from '../protocol/envelope.ts'
import { Status } from '../protocol/status.ts'

/** What the composition root knows about the box's state; the transport adds whether it is there. */
export type StatusFacts = Omit<Status, keyof Envelope | 'online'>

/** The status payload, as birth and refresh (online) or as will and farewell (offline). */
export function statusText(facts: StatusFacts, online: boolean, nowMs: number): string {
  return JSON.stringify(Status.parse({ ...facts, online, v: PROTOCOL_VERSION, at: nowMs, seq: 0 }))
}

/** Whether the facts changed so much that a person would want to know now. */
export function changedMuch(before: StatusFacts, now: StatusFacts): boolean {
  if (before.cap !== now.cap || before.version !== now.version) return true
  if (before.spool.dropped !== now.spool.dropped) return true
  const [less, more] = [before.spool.messages, now.spool.messages].toSorted((a, b) => a - b)
  return (more ?? 0) >= 100 && (more ?? 0) >= 2 * (less ?? 0)
}

interface PresenceDeps {
  readonly status: () => StatusFacts
  /** Sends the status, online. */
  readonly publish: (facts: StatusFacts) => Promise<void>
  readonly clock: Clock
  /** What the birth said. */
  readonly born: StatusFacts
  readonly signal: AbortSignal
}

const LOOK_EVERY_MS = 1000
const REFRESH_EVERY_MS = 60_000
// A former connection's will may arrive after this one's birth: say once more that the box is there.
const BIRTH_AGAIN_MS = 3000

/** Keeps the retained status true while the connection stands: at most one message a second. */
export async function keepPresent(deps: PresenceDeps): Promise<void> {
  const { clock, signal } = deps
  let told = deps.born
  let dueMs = clock.monotonicMs() + BIRTH_AGAIN_MS
  while (!signal.aborted) {
    await clock.sleep(LOOK_EVERY_MS, signal).catch(() => {})
    if (signal.aborted) return
    const now = deps.status()
    if (clock.monotonicMs() < dueMs && !changedMuch(told, now)) continue
    await deps.publish(now)
    told = now
    dueMs = clock.monotonicMs() + REFRESH_EVERY_MS
  }
}
