import type { FaultName } from '../../faults/fault.ts'
import type { MakeRule, Packet } from './packet.ts'

/** More than this is never held back. */
const HELD_PACKETS_MAX = 5000

/** What a bad network does to packets. */
export const DELIVERY: Partial<Record<FaultName, MakeRule>> = {
  'rtp-loss':
    (random) =>
    (packet, { value }) =>
      random() * 100 < value ? [] : [packet],
  'rtp-duplicate':
    (random) =>
    (packet, { value }) =>
      random() * 100 < value ? [packet, packet] : [packet],
  'rtp-reorder': (random) => {
    const late: Packet[] = []
    return (packet, { value }) => {
      const before = late.splice(0)
      if (before.length > 0) return [packet, ...before]
      if (random() * 100 >= value) return [packet]
      late.push(packet)
      return []
    }
  },
  'rtp-bursts': () => {
    const held: Packet[] = []
    const since: { ms?: number } = {}
    return (packet, { nowMs, value }) => {
      since.ms ??= nowMs
      held.push(packet)
      if (nowMs - since.ms < value && held.length < HELD_PACKETS_MAX) return []
      since.ms = nowMs
      return held.splice(0)
    }
  },
}
