import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { digestAuthorization } from './digest-client.testing.ts'

export interface RtspAnswer {
  readonly status: number
  readonly head: string
  readonly body: string
}

export interface RtpPacket {
  readonly sequence: number
  readonly timestamp: number
  readonly marker: boolean
  readonly ssrc: number
  readonly payload: Buffer
}

/** A small RTSP client for tests, written from the RFCs alone. */
export class TestRtspClient implements Disposable {
  readonly socket: Socket
  readonly packets: RtpPacket[] = []
  /** RTP of channel 2: a second track. */
  readonly sound: RtpPacket[] = []
  /** RTCP. */
  readonly reports: Buffer[] = []
  readonly #password: string
  #held: Buffer = Buffer.alloc(0)
  #answers: RtspAnswer[] = []
  #cseq = 0
  #challenge = ''

  static async connect(address: string, port: number, password: string): Promise<TestRtspClient> {
    const socket = connect(port, address)
    await once(socket, 'connect')
    return new TestRtspClient(socket, password)
  }

  private constructor(socket: Socket, password: string) {
    this.socket = socket
    this.#password = password
    socket.on('error', () => {})
    socket.on('data', (chunk) => {
      this.#held = Buffer.concat([this.#held, chunk])
      while (this.#take());
    })
  }

  #take(): boolean {
    const held = this.#held
    if (held[0] === 0x24) {
      if (held.length < 4 || held.length < 4 + held.readUInt16BE(2)) return false
      const packet = held.subarray(4, 4 + held.readUInt16BE(2))
      if (held[1] === 0) this.packets.push(parseRtp(packet))
      else if (held[1] === 2) this.sound.push(parseRtp(packet))
      else this.reports.push(packet)
      this.#held = held.subarray(4 + packet.length)
      return true
    }
    const end = held.indexOf('\r\n\r\n')
    if (end < 0) return false
    const head = held.toString('utf8', 0, end)
    const bytes = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0)
    if (held.length < end + 4 + bytes) return false
    const body = held.toString('utf8', end + 4, end + 4 + bytes)
    this.#answers.push({ status: Number(head.slice(9, 12)), head, body })
    this.#held = held.subarray(end + 4 + bytes)
    return true
  }

  /** Sends without waiting. */
  write(method: string, uri: string, headers: Readonly<Record<string, string>> = {}): void {
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
    this.socket.write(`${method} ${uri} RTSP/1.0\r\nCSeq: ${++this.#cseq}\r\n${lines.join('')}\r\n`)
  }

  async ask(method: string, uri: string, headers: Readonly<Record<string, string>> = {}): Promise<RtspAnswer> {
    const authorization = this.#challenge && digestAuthorization(this.#challenge, method, uri, 'admin', this.#password)
    this.write(method, uri, authorization ? { ...headers, Authorization: authorization } : headers)
    const deadline = AbortSignal.timeout(2000)
    while (this.#answers.length === 0) await once(this.socket, 'data', { signal: deadline })
    const answer = this.#answers.shift() ?? { status: 0, head: '', body: '' }
    if (answer.status !== 401 || this.#challenge) return answer
    this.#challenge = /www-authenticate: (.*)/i.exec(answer.head)?.[1] ?? ''
    return this.ask(method, uri, headers)
  }

  /** Opens two UDP ports at this end; what comes there is kept as if it came in the connection. */
  async openPorts(): Promise<{ readonly transport: string; readonly report: (port: number) => void }> {
    const address = this.socket.localAddress ?? ''
    const [rtp, rtcp] = [createSocket('udp4'), createSocket('udp4')] as const
    for (const socket of [rtp, rtcp]) {
      socket.bind(0, address)
      await once(socket, 'listening')
      this.socket.once('close', () => socket.close())
    }
    rtp.on('message', (packet) => this.packets.push(parseRtp(packet)))
    rtcp.on('message', (packet) => this.reports.push(packet))
    const transport = `RTP/AVP;unicast;client_port=${rtp.address().port}-${rtcp.address().port}`
    const host = this.socket.remoteAddress ?? ''
    // An empty receiver report (RFC 3550, 6.4.2).
    return { transport, report: (port) => rtcp.send(Buffer.from([0x80, 201, 0, 1, 0, 0, 0, 1]), port, host) }
  }

  /** DESCRIBE, SETUP and PLAY. Gives the session's id and the description. */
  async play(uri: string, transport = 'RTP/AVP/TCP;unicast;interleaved=0-1', withSound = false) {
    const described = await this.ask('DESCRIBE', uri, { Accept: 'application/sdp' })
    const setUp = await this.ask('SETUP', `${uri}/trackID=1`, { Transport: transport })
    const session = /session: (\d+)/i.exec(setUp.head)?.[1] ?? ''
    if (withSound)
      await this.ask('SETUP', `${uri}/trackID=2`, { Session: session, Transport: 'RTP/AVP/TCP;interleaved=2-3' })
    const playing = await this.ask('PLAY', uri, { Session: session })
    const serverPort = Number(/server_port=(\d+)/.exec(setUp.head)?.[1] ?? 0)
    return { session, sdp: described.body, info: /rtp-info: (.*)/i.exec(playing.head)?.[1] ?? '', serverPort }
  }

  [Symbol.dispose](): void {
    this.socket.destroy()
  }
}

function parseRtp(packet: Buffer): RtpPacket {
  return {
    sequence: packet.readUInt16BE(2),
    timestamp: packet.readUInt32BE(4),
    marker: ((packet[1] ?? 0) & 0x80) !== 0,
    ssrc: packet.readUInt32BE(8),
    payload: packet.subarray(12),
  }
}

/** Puts NAL units together again, one list for each marked access unit (RFC 6184, 5.8). */
export function reassemble(packets: readonly RtpPacket[]): { timestamp: number; nalUnits: Buffer[] }[] {
  const pictures: { timestamp: number; nalUnits: Buffer[] }[] = []
  let nalUnits: Buffer[] = []
  let fragments: Buffer[] = []
  for (const { payload, timestamp, marker } of packets) {
    const [indicator = 0, header = 0] = payload
    if ((indicator & 0x1f) === 28) {
      if (header & 0x80) fragments = [Buffer.from([(indicator & 0xe0) | (header & 0x1f)])]
      fragments.push(payload.subarray(2))
      if (header & 0x40) nalUnits.push(Buffer.concat(fragments))
    } else nalUnits.push(payload)
    if (!marker) continue
    pictures.push({ timestamp, nalUnits })
    nalUnits = []
  }
  return pictures
}
