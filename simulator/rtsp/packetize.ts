import type { NalUnit } from '../imaging/annexb.ts'

/** One RTP payload: what stands before the NAL unit's bytes, and those bytes, which share the asset's memory. */
export interface Payload {
  readonly prefix: readonly number[]
  readonly bytes: Buffer
}

const FU_A = 28
const START = 0x80
const END = 0x40

/** Cuts a NAL unit to payloads of at most `bytesMax`: as it is, or as FU-A fragments (RFC 6184, 5.6 and 5.8). */
export function packetize(nalUnit: NalUnit, bytesMax: number): Payload[] {
  if (nalUnit.length <= bytesMax) return [{ prefix: [], bytes: nalUnit }]
  const header = nalUnit[0] ?? 0
  const step = bytesMax - 2
  const payloads: Payload[] = []
  // The unit's own header travels in the fragments' two bytes, not in their data.
  for (let at = 1; at < nalUnit.length; at += step) {
    const flags = (at === 1 ? START : 0) | (at + step >= nalUnit.length ? END : 0)
    payloads.push({
      prefix: [(header & 0xe0) | FU_A, flags | (header & 0x1f)],
      bytes: nalUnit.subarray(at, at + step),
    })
  }
  return payloads
}
