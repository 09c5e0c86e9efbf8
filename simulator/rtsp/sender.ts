import { randomInt } from 'node:crypto'
import type { Payload } from './packetize.ts'

const REPORT_INTERVAL_MS = 5000
/** Behind by more than this, the sender leaves units out and goes on where a decoder can start. */
const LAG_MS_MAX = 5000
/** Seconds from NTP's epoch, 1900, to 1970. */
const NTP_OFFSET_S = 2_208_988_800

const BYE = 203

/** How packets reach the client. Buffers may be shared and must not be changed. */
export interface PacketSink {
  rtp(head: Buffer, payload: Buffer): void
  rtcp(packet: Buffer): void
}

/** What is sent: units (pictures, or pieces of sound), numbered by the clock from the epoch on, for ever. */
export interface RtpSource {
  readonly payloadType: number
  readonly clockHz: number
  /** Whether a unit's last packet is marked. */
  readonly marksEnd: boolean
  /** The number of the last unit that is due at that time. */
  dueAt(nowMs: number): number
  /** The first unit after that time at which a decoder can start. */
  startAfter(nowMs: number): number
  /** When a unit is due, in ticks of `clockHz` since the epoch. */
  ticksOf(unit: number): number
  /** `clockAheadMs`: by how much the camera's clock is ahead of ours. */
  payloadsOf(unit: number, clockAheadMs: number): readonly Payload[]
}

/** Sends one track to one client, as RTP by the clock, with sender reports. */
export class RtpSender {
  readonly ssrc = randomInt(2 ** 32)
  readonly #source: RtpSource
  readonly #sink: PacketSink
  readonly #timestampBase = randomInt(2 ** 32)
  #sequence = randomInt(2 ** 16)
  #nextUnit = 0
  #packets = 0
  #octets = 0
  #reportedMs = Number.NEGATIVE_INFINITY

  constructor(source: RtpSource, sink: PacketSink) {
    this.#source = source
    this.#sink = sink
  }

  /** Leaves out all units until the next after now at which a decoder can start. */
  startAfter(nowMs: number): void {
    this.#nextUnit = this.#source.startAfter(nowMs)
  }

  /** When the next unit begins. */
  get nextMs(): number {
    return (this.#source.ticksOf(this.#nextUnit) * 1000) / this.#source.clockHz
  }

  /** What RTP-Info says of the next packet (RFC 2326, 12.33). */
  get next(): { readonly sequence: number; readonly timestamp: number } {
    return { sequence: this.#sequence, timestamp: this.#timestampOf(this.#nextUnit) }
  }

  /** Sends the units that are due. The camera's own clock, ahead of ours by that much, is in reports and marks. */
  advance(nowMs: number, clockAheadMs: number): void {
    if (nowMs - this.nextMs > LAG_MS_MAX) this.startAfter(nowMs)
    const due = this.#source.dueAt(nowMs)
    if (this.#nextUnit > due) return
    if (nowMs - this.#reportedMs >= REPORT_INTERVAL_MS) {
      this.#reportedMs = nowMs
      this.#sink.rtcp(this.#senderReport(nowMs, nowMs + clockAheadMs))
    }
    while (this.#nextUnit <= due) this.#sendUnit(this.#nextUnit++, clockAheadMs)
  }

  /** What has sent nothing says no goodbye, either (RFC 3550, 6.6); a report stands before it (6.1). */
  sayBye(nowMs: number, clockAheadMs: number): void {
    if (this.#packets === 0) return
    const bye = Buffer.from([0x81, BYE, 0, 1, 0, 0, 0, 0])
    bye.writeUInt32BE(this.ssrc, 4)
    this.#sink.rtcp(Buffer.concat([this.#senderReport(nowMs, nowMs + clockAheadMs), bye]))
  }

  #timestampOf(unit: number): number {
    return (this.#source.ticksOf(unit) + this.#timestampBase) % 2 ** 32
  }

  #sendUnit(unit: number, clockAheadMs: number): void {
    const { payloadType, marksEnd } = this.#source
    const timestamp = this.#timestampOf(unit)
    const payloads = this.#source.payloadsOf(unit, clockAheadMs)
    payloads.forEach(({ prefix, bytes }, i) => {
      const head = Buffer.alloc(12 + prefix.length)
      head[0] = 0x80
      head[1] = payloadType | (marksEnd && i === payloads.length - 1 ? 0x80 : 0)
      head.writeUInt16BE(this.#sequence, 2)
      head.writeUInt32BE(timestamp, 4)
      head.writeUInt32BE(this.ssrc, 8)
      head.set(prefix, 12)
      this.#sequence = (this.#sequence + 1) % 2 ** 16
      this.#packets++
      this.#octets += prefix.length + bytes.length
      this.#sink.rtp(head, bytes)
    })
  }

  /** RFC 3550, 6.4.1, with the SDES that 6.1 demands beside it. */
  #senderReport(nowMs: number, cameraNowMs: number): Buffer {
    const name = Buffer.from('camera')
    const sdesBytes = Math.ceil((8 + 2 + name.length + 1) / 4) * 4
    const packet = Buffer.alloc(28 + sdesBytes)
    packet.set([0x80, 200, 0, 6])
    packet.writeUInt32BE(this.ssrc, 4)
    packet.writeUInt32BE(Math.floor(cameraNowMs / 1000) + NTP_OFFSET_S, 8)
    packet.writeUInt32BE(Math.floor(((cameraNowMs % 1000) / 1000) * 2 ** 32), 12)
    const elapsed = Math.round((nowMs * this.#source.clockHz) / 1000)
    packet.writeUInt32BE((elapsed + this.#timestampBase) % 2 ** 32, 16)
    packet.writeUInt32BE(this.#packets % 2 ** 32, 20)
    packet.writeUInt32BE(this.#octets % 2 ** 32, 24)
    packet.set([0x81, 202, 0, sdesBytes / 4 - 1], 28)
    packet.writeUInt32BE(this.ssrc, 32)
    packet.set([1, name.length, ...name], 36)
    return packet
  }
}
