import type { Ack } from '../protocol/bridge.ts'

/**
 * Up to which number everything is settled, given the oldest message that the box still holds: what the bound let go
 * below it will never be sent, so the bridge's gap there is no reason to keep what it has committed above.
 */
export function settledUpTo(ack: Pick<Ack, 'upTo' | 'ahead'>, oldest: number): number {
  let settled = Math.max(ack.upTo, oldest - 1)
  for (const [from, to] of ack.ahead.toSorted((a, b) => a[0] - b[0])) {
    if (from <= settled + 1 && to > settled) settled = to
  }
  return settled
}

/** Whether the bridge has committed this number although not all before it. */
export const isAhead = (ack: Pick<Ack, 'ahead'>, seq: number): boolean =>
  ack.ahead.some(([from, to]) => seq >= from && seq <= to)

/** The highest number that the bridge says it has. */
export const highestIn = (ack: Pick<Ack, 'upTo' | 'ahead'>): number =>
  ack.ahead.reduce((highest, [, to]) => Math.max(highest, to), ack.upTo)
