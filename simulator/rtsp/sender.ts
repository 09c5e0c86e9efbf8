import { randomInt } from 'node:crypto'
import type { Showing } from '../imaging/showing.ts'
import { packetize } from './packetize.ts'

export const CLOCK_HZ = 90_000
export const PAYLOAD_TYPE = 96

const PAYLOAD_BYTES_MAX = 1400
const REPORT_INTERVAL_MS = 5000
/** Behind by more than this, the sender leaves frames out and goes on at the next keyframe. */
const LAG_FRAMES_MAX = 75
/** Seconds from NTP's epoch, 1900, to 1970. */
const NTP_OFFSET_S = 2_208_988_800

/** How packets reach the client. Buffers may be shared and must not be changed. */
export interface PacketSink {
  rtp(head: Buffer, payload: Buffer): void
  rtcp(packet: Buffer): void
}

/** Sends what a video source shows to one client, as RTP by the clock, from the next keyframe on, for ever. */
export class RtpSender {
  readonly ssrc = randomInt(2 ** 32)
  readonly #showing: Showing
  readonly #sink: PacketSink
  readonly #timestampBase = randomInt(2 ** 32)
  readonly #ticksPerFrame: number
  #sequence = randomInt(2 ** 16)
  #nextFrame: number
  #packets = 0
  #octets = 0
  #reportedMs = Number.NEGATIVE_INFINITY

  constructor(showing: Showing, sink: PacketSink, nowMs: number) {
    this.#showing = showing
    this.#sink = sink
    this.#ticksPerFrame = CLOCK_HZ / showing.scene.framesPerSecond
    this.#nextFrame = this.#keyframeAfter(nowMs)
  }

  /** What RTP-Info says of the first packet (RFC 2326, 12.33). */
  get first(): { readonly sequence: number; readonly timestamp: number } {
    return { sequence: this.#sequence, timestamp: this.#timestampOf(this.#nextFrame) }
  }

  /** Sends the frames that are due. `cameraNowMs` goes into the sender reports. */
  advance(nowMs: number, cameraNowMs: number): void {
    const current = this.#showing.frameNumberAt(nowMs)
    if (current - this.#nextFrame > LAG_FRAMES_MAX) this.#nextFrame = this.#keyframeAfter(nowMs)
    if (this.#nextFrame > current) return
    if (nowMs - this.#reportedMs >= REPORT_INTERVAL_MS) {
      this.#reportedMs = nowMs
      this.#sink.rtcp(this.#senderReport(nowMs, cameraNowMs))
    }
    while (this.#nextFrame <= current) this.#sendFrame(this.#nextFrame++)
  }

  /** Leaves out all frames until the next keyframe after now. */
  skip(nowMs: number): void {
    this.#nextFrame = this.#keyframeAfter(nowMs)
  }

  #keyframeAfter(nowMs: number): number {
    return this.#showing.nextKeyframe(this.#showing.frameNumberAt(nowMs) + 1)
  }

  #timestampOf(frame: number): number {
    return (frame * this.#ticksPerFrame + this.#timestampBase) % 2 ** 32
  }

  #sendFrame(frame: number): void {
    const timestamp = this.#timestampOf(frame)
    const payloads = this.#showing.accessUnit(frame).nalUnits.flatMap((unit) => packetize(unit, PAYLOAD_BYTES_MAX))
    payloads.forEach(({ prefix, bytes }, i) => {
      const head = Buffer.alloc(12 + prefix.length)
      head[0] = 0x80
      // The marker ends an access unit (RFC 6184, 5.1).
      head[1] = PAYLOAD_TYPE | (i === payloads.length - 1 ? 0x80 : 0)
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
    const elapsed = Math.round((nowMs * CLOCK_HZ) / 1000)
    packet.writeUInt32BE((elapsed + this.#timestampBase) % 2 ** 32, 16)
    packet.writeUInt32BE(this.#packets % 2 ** 32, 20)
    packet.writeUInt32BE(this.#octets % 2 ** 32, 24)
    packet.set([0x81, 202, 0, sdesBytes / 4 - 1], 28)
    packet.writeUInt32BE(this.ssrc, 32)
    packet.set([1, name.length, ...name], 36)
    return packet
  }
}
