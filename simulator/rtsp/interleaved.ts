import type { Socket } from 'node:net'
import type { PacketTransport } from './transport.ts'

/** Packets in the RTSP connection itself, each behind a `$`, its channel and its length (RFC 2326, 10.12). */
export class InterleavedTransport implements PacketTransport {
  readonly #socket: Socket
  readonly #channel: number

  /** RTP takes `channel`, RTCP the one after it. */
  constructor(socket: Socket, channel: number) {
    this.#socket = socket
    this.#channel = channel
  }

  get header(): string {
    return `RTP/AVP/TCP;unicast;interleaved=${this.#channel}-${this.#channel + 1}`
  }

  rtp(head: Buffer, payload: Buffer): void {
    this.#socket.write(Buffer.concat([frame(this.#channel, head.length + payload.length), head]))
    this.#socket.write(payload)
  }

  rtcp(packet: Buffer): void {
    this.#socket.write(Buffer.concat([frame(this.#channel + 1, packet.length), packet]))
  }

  /** The connection is not this object's to close. */
  close(): void {}
}

function frame(channel: number, bytes: number): Buffer {
  return Buffer.from([0x24, channel, bytes >> 8, bytes & 0xff])
}
