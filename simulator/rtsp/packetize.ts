import type { Codec, NalUnit } from '../imaging/codec.ts'

/** One RTP payload: what stands before the NAL unit's bytes, and those bytes, which share the asset's memory. */
export interface Payload {
  readonly prefix: readonly number[]
  readonly bytes: Buffer
}

const FU_A = 28
const FU_H265 = 49
const START = 0x80
const END = 0x40

/** Cuts a NAL unit to payloads of at most `bytesMax`: as it is, or in fragments (RFC 6184, 5.6 and 5.8; RFC 7798, 4.4). */
export function packetize(nalUnit: NalUnit, bytesMax: number, codec: Codec): Payload[] {
  if (nalUnit.length <= bytesMax) return [{ prefix: [], bytes: nalUnit }]
  const { header, headerBytes, type } = fragmentHeader(nalUnit, codec)
  const step = bytesMax - header.length - 1
  const payloads: Payload[] = []
  // The unit's own header travels in the fragments' headers, not in their data.
  for (let at = headerBytes; at < nalUnit.length; at += step) {
    const flags = (at === headerBytes ? START : 0) | (at + step >= nalUnit.length ? END : 0)
    payloads.push({ prefix: [...header, flags | type], bytes: nalUnit.subarray(at, at + step) })
  }
  return payloads
}

/** What stands before the byte with the flags, and the type in that byte. */
function fragmentHeader(nalUnit: NalUnit, codec: Codec) {
  const [first = 0, second = 0] = nalUnit
  if (codec === 'h264') return { header: [(first & 0xe0) | FU_A], headerBytes: 1, type: first & 0x1f }
  return { header: [(first & 0x81) | (FU_H265 << 1), second], headerBytes: 2, type: (first >> 1) & 0x3f }
}
