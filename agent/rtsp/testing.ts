import { createServer, type Server, type Socket } from 'node:net'
import { systemClock } from '../base/clock.ts'

/** 640×360, High profile, as x264 writes it. */
export const SPS = Buffer.from('67640016acd940a02ff9610000030001000003001e0f162d96', 'hex')
export const PPS = Buffer.from('68ebe3cb22c0', 'hex')

/** 1280×720, Main profile, as x265 writes them. */
export const SETS_H265 = [
  '40010c01ffff01600000030090000003000003005d968090',
  '42010101600000030090000003000003005da00280802d16596a4932b9a808080820000003002000000301e1',
  '4401c172b46240',
].map((hex) => Buffer.from(hex, 'hex'))

/** One request as the camera by script got it. */
export interface Asked {
  readonly method: string
  readonly uri: string
  readonly headers: ReadonlyMap<string, string>
}

/** What to answer: a status line without the version, and header lines; or nothing at all. */
export type Answer = { status?: string; headers?: string[]; body?: string } | 'silence'

export interface ScriptedCamera extends AsyncDisposable {
  readonly uri: URL
  readonly asked: readonly Asked[]
  readonly methods: readonly string[]
  /** Connections since the start, and those open now. */
  readonly connections: number
  readonly open: number
  /** Sends bytes on the newest connection. */
  send(...bytes: readonly Uint8Array[]): void
  hangUp(): void
}

export const SDP = sdpOf(`m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n${fmtp()}a=control:trackID=1\r\n`)

export function sdpOf(media: string): string {
  return `v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=camera\r\nt=0 0\r\na=control:*\r\n${media}`
}

function fmtp(): string {
  const sets = [SPS, PPS].map((nal) => nal.toString('base64')).join(',')
  return `a=fmtp:96 packetization-mode=1;profile-level-id=640016;sprop-parameter-sets=${sets}\r\n`
}

const ORDINARY: Readonly<Record<string, Answer>> = {
  OPTIONS: { headers: ['Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN, GET_PARAMETER'] },
  DESCRIBE: { headers: ['Content-Type: application/sdp'], body: SDP },
  SETUP: { headers: ['Transport: RTP/AVP/TCP;unicast;interleaved=0-1', 'Session: 12345678;timeout=60'] },
}

/** A camera that speaks RTSP on loopback as the script says, and like an ordinary one where the script says nothing. */
export async function scriptedCamera(
  script: (asked: Asked, camera: ScriptedCamera) => Answer | undefined = () => undefined,
): Promise<ScriptedCamera> {
  const asked: Asked[] = []
  const sockets: Socket[] = []
  let open = 0
  const server: Server = createServer((socket) => {
    sockets.push(socket)
    open += 1
    socket.on('error', () => {})
    socket.on('close', () => {
      open -= 1
    })
    let text = ''
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1')
      for (let end = text.indexOf('\r\n\r\n'); end >= 0; end = text.indexOf('\r\n\r\n')) {
        const request = parse(text.slice(0, end))
        text = text.slice(end + 4)
        asked.push(request)
        write(socket, request, script(request, camera) ?? ORDINARY[request.method] ?? {})
      }
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  const camera: ScriptedCamera = {
    uri: new URL(`rtsp://127.0.0.1:${port}/stream`),
    asked,
    get methods() {
      return asked.map(({ method }) => method)
    },
    get connections() {
      return sockets.length
    },
    get open() {
      return open
    },
    send: (...bytes) => {
      const socket = sockets.at(-1)
      if (socket?.writable) for (const part of bytes) socket.write(part)
    },
    hangUp: () => sockets.at(-1)?.destroy(),
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return camera
}

function parse(head: string): Asked {
  const [start = '', ...lines] = head.split('\r\n')
  const [method = '', uri = ''] = start.split(' ')
  const headers = lines.map(
    (line) => [line.split(':')[0]?.toLowerCase() ?? '', line.replace(/^[^:]*:\s*/, '')] as const,
  )
  return { method, uri, headers: new Map(headers) }
}

function write(socket: Socket, asked: Asked, answer: Answer): void {
  if (answer === 'silence' || !socket.writable) return
  const { status = '200 OK', headers = [], body = '' } = answer
  const length = body === '' ? [] : [`Content-Length: ${Buffer.byteLength(body)}`]
  const lines = [`RTSP/1.0 ${status}`, `CSeq: ${asked.headers.get('cseq')}`, ...headers, ...length]
  socket.write(`${lines.join('\r\n')}\r\n\r\n${body}`)
}

/** One RTP packet in its interleaved frame. */
export function rtpFrame(packet: {
  sequence: number
  timestamp: number
  payload: Uint8Array
  marker?: boolean
  ssrc?: number
}) {
  const frame = Buffer.alloc(16 + packet.payload.length)
  frame.write('$', 0)
  frame.writeUInt16BE(12 + packet.payload.length, 2)
  frame[4] = 0x80
  frame[5] = 96 | (packet.marker ? 0x80 : 0)
  frame.writeUInt16BE(packet.sequence & 0xffff, 6)
  frame.writeUInt32BE(packet.timestamp >>> 0, 8)
  frame.writeUInt32BE(packet.ssrc ?? 7, 12)
  frame.set(packet.payload, 16)
  return frame
}

/** A made-up slice that starts a picture. The bytes after the first two tell one from another. */
export function slice(type: 'idr' | 'other', number: number, bytes = 32): Buffer {
  const nal = Buffer.alloc(bytes, number & 0xff)
  nal[0] = type === 'idr' ? 0x65 : 0x41
  nal[1] = 0x88
  nal.writeUInt32BE(number, 2)
  return nal
}

/** The payloads that carry one NAL unit: itself, or FU-A fragments of it (RFC 6184, 5.8). */
function payloads(nal: Uint8Array, bytesMax = 1400): Uint8Array[] {
  if (nal.length <= bytesMax) return [nal]
  const first = nal[0] ?? 0
  const fragments: Uint8Array[] = []
  for (let at = 1; at < nal.length; at += bytesMax) {
    const end = Math.min(nal.length, at + bytesMax)
    const flags = (at === 1 ? 0x80 : 0) | (end === nal.length ? 0x40 : 0)
    fragments.push(Buffer.concat([Buffer.from([(first & 0xe0) | 28, flags | (first & 0x1f)]), nal.subarray(at, end)]))
  }
  return fragments
}

/** Numbers packets and times pictures, as a camera does. */
export function packetizer(fps = 20) {
  let sequence = 65_530
  let timestamp = 4_294_960_000
  return {
    /** The frames of one picture made of these NAL units. */
    picture(nals: readonly Uint8Array[], bytesMax?: number): Buffer[] {
      const all = nals.flatMap((nal) => payloads(nal, bytesMax))
      const frames = all.map((payload, i) =>
        rtpFrame({ sequence: sequence + i, timestamp, payload, marker: i === all.length - 1 }),
      )
      sequence += all.length
      timestamp += 90_000 / fps
      return frames
    },
    /** Leaves out this many packets. */
    lose(packets: number) {
      sequence += packets
    },
  }
}

/** A NAL unit as an access unit holds it. */
export function withLength(...nals: readonly Uint8Array[]): Buffer {
  return Buffer.concat(
    nals.flatMap((nal) => {
      const length = Buffer.alloc(4)
      length.writeUInt32BE(nal.length)
      return [length, nal]
    }),
  )
}

/** Waits until something holds. @throws Error after twenty seconds */
export async function until(holds: () => boolean, what: string): Promise<void> {
  const deadline = systemClock.monotonicMs() + 20_000
  while (!holds()) {
    if (systemClock.monotonicMs() > deadline) throw new Error(`Waited in vain: ${what}`)
    await systemClock.sleep(2)
  }
}
