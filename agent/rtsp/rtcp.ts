const SENDER_REPORT = 200
const RECEIVER_REPORT = 201
const DESCRIPTION = 202
const GOODBYE = 203
const PACKETS_MAX = 16
/** Seconds from NTP's epoch, 1900, to 1970. */
const NTP_OFFSET_S = 2_208_988_800

/** What a camera says of one of its tracks. */
export interface SenderReport {
  /** The camera's clock, which may be wrong: UTC ms. The same for all its tracks. */
  readonly clockMs: number
  /** The track's time at that moment. */
  readonly rtp: number
  /** The middle 32 bits of the NTP time, which an answer repeats. */
  readonly ntpMiddle: number
}

interface Compound {
  readonly report: SenderReport | undefined
  readonly goodbye: boolean
}

/** Reads what matters of a compound packet (RFC 3550, 6.1); stops where it makes no sense. */
export function parseRtcp(bytes: Uint8Array): Compound {
  const packet = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  let report: SenderReport | undefined
  let goodbye = false
  for (let at = 0, count = 0; at + 4 <= packet.length && count < PACKETS_MAX; count++) {
    const end = at + 4 + packet.readUInt16BE(at + 2) * 4
    const type = packet[at + 1]
    if ((packet[at] ?? 0) >> 6 !== 2 || end > packet.length) break
    if (type === SENDER_REPORT && end - at >= 28) report = readSenderReport(packet, at)
    if (type === GOODBYE) goodbye = true
    at = end
  }
  return { report, goodbye }
}

/** RFC 3550, 6.4.1. */
function readSenderReport(packet: Buffer, at: number): SenderReport | undefined {
  const seconds = packet.readUInt32BE(at + 8)
  const fraction = packet.readUInt32BE(at + 12)
  // A camera without a clock sends zero (RFC 3550, 4).
  if (seconds === 0 && fraction === 0) return undefined
  return {
    clockMs: (seconds - NTP_OFFSET_S) * 1000 + (fraction * 1000) / 2 ** 32,
    rtp: packet.readUInt32BE(at + 16),
    ntpMiddle: packet.readUInt32BE(at + 10),
  }
}

/** A receiver report with the source description that must stand beside it (RFC 3550, 6.4.2 and 6.5). */
export function formatReceiverReport(ssrc: number, block: Uint8Array): Buffer {
  const packet = Buffer.alloc(8 + block.length + 20)
  packet.set([0x81, RECEIVER_REPORT, 0, 1 + block.length / 4])
  packet.writeUInt32BE(ssrc, 4)
  packet.set(block, 8)
  const at = 8 + block.length
  packet.set([0x81, DESCRIPTION, 0, 4], at)
  packet.writeUInt32BE(ssrc, at + 4)
  // CNAME, then the end of the list and padding.
  packet.set([1, 7], at + 8)
  packet.write('lenscap', at + 10, 'latin1')
  return packet
}
