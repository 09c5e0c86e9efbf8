import type { PacketTransport } from './transport.ts'

/** One frame, in pieces. */
export type Frame = readonly [Buffer, ...Buffer[]]

/** Where frames go. */
export interface FrameSink {
  /** The first buffer begins with the frame's own four bytes. */
  frame(parts: Frame): void
}

/** Packets in the RTSP connection itself, each behind a `$`, its channel and its length (RFC 2326, 10.12). */
export class InterleavedTransport implements PacketTransport {
  readonly outlivesConnection = false
  readonly #sink: FrameSink
  readonly #channel: number

  /** RTP takes `channel`, RTCP the one after it. */
  constructor(sink: FrameSink, channel: number) {
    this.#sink = sink
    this.#channel = channel
  }

  get header(): string {
    return `RTP/AVP/TCP;unicast;interleaved=${this.#channel}-${this.#channel + 1}`
  }

  rtp(head: Buffer, payload: Buffer): void {
    this.#sink.frame([Buffer.concat([frameHead(this.#channel, head.length + payload.length), head]), payload])
  }

  rtcp(packet: Buffer): void {
    this.#sink.frame([Buffer.concat([frameHead(this.#channel + 1, packet.length), packet])])
  }

  /** The connection is not this object's to close. */
  close(): void {}
}

function frameHead(channel: number, bytes: number): Buffer {
  return Buffer.from([0x24, channel, bytes >> 8, bytes & 0xff])
}
