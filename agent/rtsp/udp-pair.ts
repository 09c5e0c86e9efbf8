import { randomInt } from 'node:crypto'
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { isIPv6 } from 'node:net'
import { LenscapError } from '../base/errors.ts'

const PORT_MIN = 20_000
const PORT_MAX = 60_000
const TRIES_MAX = 20
// A keyframe comes as a burst of hundreds of packets; the system gives less where it is not allowed so much.
const RECEIVE_BYTES = 1024 * 1024

interface UdpEnds {
  /** Our own address on the RTSP connection: nothing is heard on others. */
  readonly local: string
  /** The camera's: packets of anyone else are dropped. */
  readonly camera: string
  readonly onRtp: (bytes: Uint8Array) => void
  readonly onRtcp: (bytes: Uint8Array) => void
}

/** Two ports for one track, an even one for RTP and the next for RTCP (RFC 3550, 11), that hear one camera alone. */
export class UdpPair {
  readonly port: number
  readonly #camera: string
  readonly #rtp: Socket
  readonly #rtcp: Socket

  private constructor(port: number, rtp: Socket, rtcp: Socket, ends: UdpEnds) {
    this.port = port
    this.#camera = ends.camera
    this.#rtp = rtp
    this.#rtcp = rtcp
    rtp.on('message', (bytes, { address }) => {
      if (address === ends.camera) ends.onRtp(bytes)
    })
    rtcp.on('message', (bytes, { address }) => {
      if (address === ends.camera) ends.onRtcp(bytes)
    })
  }

  /** @throws LenscapError `limit` where no pair of ports is free */
  static async open(ends: UdpEnds): Promise<UdpPair> {
    for (let tries = 0; tries < TRIES_MAX; tries++) {
      const port = randomInt(PORT_MIN / 2, PORT_MAX / 2) * 2
      const rtp = await bound(ends.local, port)
      if (rtp === undefined) continue
      const rtcp = await bound(ends.local, port + 1)
      if (rtcp) return new UdpPair(port, rtp, rtcp, ends)
      rtp.close()
    }
    throw new LenscapError('limit', 'No two UDP ports are free for a camera’s packets', { tries: TRIES_MAX })
  }

  /** @param port the camera's for RTCP */
  report(packet: Uint8Array, port: number): void {
    this.#rtcp.send(packet, port, this.#camera, ignoreLoss)
  }

  close(): void {
    this.#rtp.close()
    this.#rtcp.close()
  }
}

/** UDP promises nothing; that the camera is gone shows elsewhere. */
function ignoreLoss(): void {}

async function bound(address: string, port: number): Promise<Socket | undefined> {
  const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4')
  try {
    socket.bind({ address, port, exclusive: true })
    await once(socket, 'listening')
  } catch {
    socket.close()
    return undefined
  }
  socket.on('error', ignoreLoss)
  try {
    socket.setRecvBufferSize(RECEIVE_BYTES)
  } catch {
    // What there is has to do.
  }
  return socket
}
