import { createSocket, type Socket } from 'node:dgram'
import type { FaultSwitches } from '../../faults/switches.ts'
import type { PacketTransport } from '../transport.ts'
import type { UdpEnds } from '../udp.ts'

/** Sends RTP from a port of its own, which no answer named, while the fault is on. */
export class OtherPort implements PacketTransport {
  readonly outlivesConnection = true
  readonly #told: PacketTransport
  readonly #ends: UdpEnds
  readonly #faults: FaultSwitches
  #other: Socket | undefined

  constructor(told: PacketTransport, ends: UdpEnds, faults: FaultSwitches) {
    this.#told = told
    this.#ends = ends
    this.#faults = faults
  }

  get header(): string {
    return this.#told.header
  }

  rtp(head: Buffer, payload: Buffer): void {
    if (this.#faults.isOn('rtp-other-port')) {
      this.#other ??= this.#open()
      this.#other.send([head, payload], this.#ends.rtpPort, this.#ends.client, () => {})
    } else this.#told.rtp(head, payload)
  }

  rtcp(packet: Buffer): void {
    this.#told.rtcp(packet)
  }

  close(): void {
    this.#told.close()
    this.#other?.close()
    this.#other = undefined
  }

  #open(): Socket {
    const socket = createSocket('udp4')
    socket.on('error', () => {})
    socket.bind(0, this.#ends.address)
    return socket
  }
}
