import { connect, type Socket } from 'node:net'
import { LenscapError } from '../base/errors.ts'
import { formatRequest, header, type RtspMessage, type RtspResponse } from './message.ts'
import { RtspReader } from './reader.ts'

const SOCKET_BYTES = 64 * 1024
const LIMITS = { headBytesMax: 16 * 1024, bodyBytesMax: 64 * 1024 }
const PENDING_MAX = 8

interface ConnectionOptions {
  /** The one host that is dialled. */
  readonly host: string
  readonly port: number
  readonly onFrame: (channel: number, payload: Uint8Array) => void
  /**
   * Reads at most this often once `gather` is called: what came in between is read in one go, which costs half as much.
   * 0, the default, reads what comes as it comes.
   */
  readonly readEveryMs?: number
  /** Called once, with the reason, when the connection has ended, whoever ended it. */
  readonly onEnd: (reason: unknown) => void
}

interface Pending {
  readonly resolve: (response: RtspResponse) => void
  readonly reject: (reason: unknown) => void
}

/** One TCP connection to a camera: requests with their answers, and frames between them (RFC 2326, 10.12). */
export class RtspConnection {
  readonly #options: ConnectionOptions
  readonly #socket: Socket
  readonly #reader: RtspReader
  readonly #pending = new Map<number, Pending>()
  #sequence = 0
  #ended = false
  #gathers = false
  #readEveryMs: number
  #isHeldUp = false
  #resting: NodeJS.Timeout | undefined

  constructor(options: ConnectionOptions) {
    this.#options = options
    this.#readEveryMs = options.readEveryMs ?? 0
    this.#reader = new RtspReader(LIMITS, {
      onFrame: (channel, payload) => {
        if (!this.#ended) options.onFrame(channel, payload)
      },
      onMessage: (message) => this.#receive(message),
    })
    const { host, port } = options
    // One buffer for all reads: a quarter faster than 'data' events, which allocate a buffer for each.
    const onread = { buffer: Buffer.allocUnsafeSlow(SOCKET_BYTES), callback: this.#read }
    this.#socket = connect({ host, port, noDelay: true, onread })
    this.#socket.on('error', (cause) => this.close(unreachable(host, port, cause)))
    this.#socket.on('close', () => this.close(unreachable(host, port)))
  }

  /** Sends one request and waits for its answer. The connection's end rejects it. */
  request(method: string, uri: string, headers: Readonly<Record<string, string>>): Promise<RtspResponse> {
    const { promise, resolve, reject } = Promise.withResolvers<RtspResponse>()
    this.#sequence += 1
    if (this.#ended) reject(unreachable(this.#options.host, this.#options.port))
    else if (this.#pending.size >= PENDING_MAX) reject(new LenscapError('timeout', 'The camera leaves requests open'))
    else {
      this.#pending.set(this.#sequence, { resolve, reject })
      this.#write(method, uri, headers)
    }
    return promise
  }

  /** Sends one interleaved frame (RFC 2326, 10.12), unless the camera does not read. */
  sendFrame(channel: number, payload: Uint8Array): void {
    if (this.#ended || this.#socket.writableLength > SOCKET_BYTES) return
    const head = Buffer.from([0x24, channel, payload.length >> 8, payload.length & 0xff])
    this.#socket.write(Buffer.concat([head, payload]))
  }

  /** Both ends' addresses; undefined once it is gone. */
  get ends(): { readonly local: string; readonly camera: string } | undefined {
    const { localAddress: local, remoteAddress: camera } = this.#socket
    return local === undefined || camera === undefined ? undefined : { local, camera }
  }

  /** Sends a last request, whose answer nobody waits for, and closes. */
  part(reason: unknown, method: string, uri: string, headers: Readonly<Record<string, string>>): void {
    this.#sequence += 1
    if (!this.#ended && this.#socket.writable && !this.#socket.connecting) this.#write(method, uri, headers)
    this.close(reason)
  }

  /** Closes at once; what waits for an answer gets the reason. */
  close(reason: unknown): void {
    if (this.#ended) return
    this.#ended = true
    clearTimeout(this.#resting)
    this.#socket.destroy()
    for (const { reject } of this.#pending.values()) reject(reason)
    this.#pending.clear()
    this.#options.onEnd(reason)
  }

  pause(): void {
    this.#isHeldUp = true
    this.#socket.pause()
  }

  resume(): void {
    this.#isHeldUp = false
    if (this.#resting === undefined) this.#socket.resume()
  }

  /** From here on nobody waits for an answer: reads at the pace of `readEveryMs`. */
  gather(): void {
    this.#gathers = true
  }

  /** Another pace from the next packets on. */
  pace(readEveryMs: number): void {
    this.#readEveryMs = readEveryMs
  }

  #write(method: string, uri: string, headers: Readonly<Record<string, string>>): void {
    this.#socket.write(
      formatRequest(method, uri, { CSeq: String(this.#sequence), ...headers, 'User-Agent': 'Lenscap' }),
    )
  }

  #read = (bytes: number, buffer: Uint8Array): boolean => {
    try {
      this.#reader.push(buffer.subarray(0, bytes))
    } catch (error) {
      this.close(error)
    }
    const readEveryMs = this.#readEveryMs
    // A full buffer means that there is more.
    if (!this.#gathers || readEveryMs === 0 || this.#ended || bytes === buffer.length) return true
    // All connections wake at the same moments, so that the box does so once for all.
    this.#resting = setTimeout(this.#wake, readEveryMs - (performance.now() % readEveryMs))
    return false
  }

  #wake = (): void => {
    this.#resting = undefined
    if (!this.#isHeldUp && !this.#ended) this.#socket.resume()
  }

  #receive(message: RtspMessage): void {
    if (this.#ended) return
    if (message.type === 'request') {
      // The camera's own requests (RFC 2326, 10.9) ask for nothing that a player must do.
      const cseq = header(message.headers, 'cseq') ?? '0'
      if (/^\d{1,10}$/.test(cseq)) this.#socket.write(`RTSP/1.0 501 Not Implemented\r\nCSeq: ${cseq}\r\n\r\n`)
      return
    }
    // Some cameras leave CSeq out: then the answer belongs to the oldest open request.
    const cseq = Number(header(message.headers, 'cseq') ?? this.#pending.keys().next().value)
    const pending = this.#pending.get(cseq)
    this.#pending.delete(cseq)
    pending?.resolve(message)
  }
}

const unreachable = (host: string, port: number, cause?: unknown) =>
  cause === undefined
    ? new LenscapError('unreachable', `${host} closed the RTSP connection`, { host, port })
    : new LenscapError(
        'unreachable',
        `No RTSP connection to ${host}: check the camera and its port`,
        { host, port },
        cause,
      )
