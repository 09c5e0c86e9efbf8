import { readChannel, readServerPorts } from './answers.ts'
import type { RtspConnection } from './connection.ts'
import type { RtspResponse } from './message.ts'
import { UdpPair } from './udp-pair.ts'

/** Where one track's packets go; their bytes may be used again after each call. */
interface Receiver {
  rtp(bytes: Uint8Array): void
  rtcp(bytes: Uint8Array): void
}

/** One track's way from the camera and back. */
export interface Lane {
  /** The Transport header of its SETUP (RFC 2326, 12.39). */
  readonly transport: string
  /** Takes the camera's answer. @throws LenscapError `unsupported` where it chose another transport */
  settle(answer: RtspResponse): void
  /** Sends RTCP to the camera. */
  report(packet: Uint8Array): void
  close(): void
}

/** The tracks whose packets come in the RTSP connection (RFC 2326, 10.12). */
export class InterleavedLanes {
  readonly #connection: () => RtspConnection
  readonly #channels = new Map<number, (bytes: Uint8Array) => void>()
  readonly #silent = new Set<Receiver>()
  #count = 0

  constructor(connection: () => RtspConnection) {
    this.#connection = connection
  }

  add(receiver: Receiver): Lane {
    const asked = this.#count * 2
    this.#count += 1
    let channel = asked
    return {
      transport: `RTP/AVP/TCP;unicast;interleaved=${asked}-${asked + 1}`,
      settle: (answer) => {
        channel = readChannel(answer, asked)
        this.#silent.add(receiver)
        this.#channels.set(channel, (bytes) => {
          this.#silent.delete(receiver)
          receiver.rtp(bytes)
        })
        this.#channels.set(channel + 1, (bytes) => receiver.rtcp(bytes))
      },
      report: (packet) => this.#connection().sendFrame(channel + 1, packet),
      close: () => {},
    }
  }

  receive(channel: number, bytes: Uint8Array): void {
    const take = this.#channels.get(channel)
    if (take) take(bytes)
    // Some cameras send elsewhere than they said: the payload type tells whose it is.
    else for (const receiver of this.#silent) receiver.rtp(bytes)
  }
}

/** A track whose packets come over UDP, on the local network. @throws LenscapError `limit` */
export async function udpLane(receiver: Receiver, { local, camera }: { local: string; camera: string }): Promise<Lane> {
  const pair = await UdpPair.open({
    local,
    camera,
    onRtp: (bytes) => receiver.rtp(bytes),
    onRtcp: (bytes) => receiver.rtcp(bytes),
  })
  let reportPort: number | undefined
  return {
    transport: `RTP/AVP;unicast;client_port=${pair.port}-${pair.port + 1}`,
    settle: (answer) => {
      reportPort = readServerPorts(answer)?.rtcp
    },
    report: (packet) => {
      if (reportPort !== undefined) pair.report(packet, reportPort)
    },
    close: () => pair.close(),
  }
}
