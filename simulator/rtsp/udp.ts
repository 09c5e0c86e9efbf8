import { randomInt } from 'node:crypto'
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import type { PacketTransport } from './transport.ts'

const PORT_MIN = 20_000
const PORT_MAX = 60_000
const TRIES_MAX = 20
/** More than this waiting for the network is thrown away, as a network does. */
const SEND_QUEUE_BYTES_MAX = 512 * 1024

export interface UdpEnds {
  /** The camera's own. */
  readonly address: string
  readonly client: string
  readonly rtpPort: number
  readonly rtcpPort: number
  /** Called for each packet from the client's RTCP port: the client is still there. */
  readonly onReport: () => void
}

/** Two UDP ports of the camera's, an even one for RTP and the next for RTCP (RFC 3550, 11), which talk to one client alone. */
export class UdpTransport implements PacketTransport {
  readonly header: string
  readonly outlivesConnection = true
  readonly #rtp: Socket
  readonly #rtcp: Socket

  private constructor(ends: UdpEnds, port: number, rtp: Socket, rtcp: Socket) {
    this.#rtp = rtp
    this.#rtcp = rtcp
    this.header =
      `RTP/AVP;unicast;client_port=${ends.rtpPort}-${ends.rtcpPort};server_port=${port}-${port + 1};` +
      `source=${ends.address}`
    rtcp.on('message', ends.onReport)
  }

  /** Gives undefined where no pair of ports is free. */
  static async open(ends: UdpEnds): Promise<UdpTransport | undefined> {
    for (let tries = 0; tries < TRIES_MAX; tries++) {
      const port = randomInt(PORT_MIN / 2, PORT_MAX / 2) * 2
      const rtp = await openSocket(ends.address, port, ends.client, ends.rtpPort)
      if (!rtp) continue
      const rtcp = await openSocket(ends.address, port + 1, ends.client, ends.rtcpPort)
      if (rtcp) return new UdpTransport(ends, port, rtp, rtcp)
      rtp.close()
    }
    return undefined
  }

  rtp(head: Buffer, payload: Buffer): void {
    if (this.#rtp.getSendQueueSize() <= SEND_QUEUE_BYTES_MAX) this.#rtp.send([head, payload], ignoreLoss)
  }

  rtcp(packet: Buffer): void {
    this.#rtcp.send(packet, ignoreLoss)
  }

  close(): void {
    this.#rtp.close()
    this.#rtcp.close()
  }
}

/** A port that the client closed makes sending fail: UDP promises nothing, and the RTSP connection tells of its end. */
function ignoreLoss(): void {}

/** Connected, so that no one else's packets are heard and none is sent elsewhere. */
async function openSocket(address: string, port: number, client: string, clientPort: number) {
  const socket = createSocket('udp4')
  try {
    socket.bind(port, address)
    await once(socket, 'listening')
    socket.connect(clientPort, client)
    await once(socket, 'connect')
    socket.on('error', ignoreLoss)
    return socket
  } catch {
    socket.close()
    return undefined
  }
}
