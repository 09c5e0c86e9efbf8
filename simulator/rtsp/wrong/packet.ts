/** One RTP packet: its header with what stands before the payload's bytes, and those bytes. Neither may be changed in place. */
export interface Packet {
  readonly head: Buffer
  readonly payload: Buffer
}

export const FIXED_HEADER_BYTES = 12

/** What a rule knows of its moment. */
interface Moment {
  /** UTC ms by the simulator's clock. */
  readonly nowMs: number
  /** Of the stream's RTP clock. */
  readonly clockHz: number
  /** The fault's. */
  readonly value: number
}

/** What becomes of a packet: none, one, or several. A rule may keep what it needs to remember. */
export type PacketRule = (packet: Packet, moment: Moment) => readonly Packet[]

/** Makes the rule anew for each stream of a client. `random`: seeded, in [0, 1). */
export type MakeRule = (random: () => number) => PacketRule

/** The same packet with another header. */
export function patched({ head, payload }: Packet, patch: (head: Buffer) => void): Packet {
  const copy = Buffer.from(head)
  patch(copy)
  return { head: copy, payload }
}

/** Says whether that time went by since it last said so, or since the first call. */
export function every(): (seconds: number, nowMs: number) => boolean {
  const last: { ms?: number } = {}
  return (seconds, nowMs) => {
    last.ms ??= nowMs
    if (nowMs - last.ms < Math.max(0.1, seconds) * 1000) return false
    last.ms = nowMs
    return true
  }
}
