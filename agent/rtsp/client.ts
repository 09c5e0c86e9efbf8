import type { Clock } from '../base/clock.ts'
import { withDeadline } from '../base/deadline.ts'
import { DigestAuth } from '../base/digest.ts'
import { LenscapError } from '../base/errors.ts'
import type { Credential } from '../base/secret.ts'
import { demandOk, readChannel, readMethods, readSession } from './answers.ts'
import { RtspConnection } from './connection.ts'
import { H264Depacketizer } from './h264.ts'
import { header, type RtspResponse } from './message.ts'
import { ParameterSets } from './parameter-sets.ts'
import { parseVideoTrack, type VideoTrack } from './sdp.ts'
import { RtspStream } from './stream.ts'
import { UnitQueue } from './unit-queue.ts'
import { bareUri, resolveControl } from './uri.ts'

const DEFAULT_PORT = 554
const KEEP_ALIVE_MS_MIN = 500
const KEEP_ALIVE_MS_MAX = 60_000

export interface StreamOptions {
  /** `rtsp://`; its host and port are the only ones dialled. A user and password in it are not used. */
  readonly uri: URL
  readonly credential: Credential | undefined
  readonly signal: AbortSignal
  readonly clock: Clock
  readonly limits?: Partial<StreamLimits>
}

export interface StreamLimits {
  /** From dialling to the answer to PLAY. */
  readonly handshakeMs: number
  /** Longest silence of the video before the stream counts as stalled. */
  readonly stallMs: number
  readonly unitBytesMax: number
  /** What may wait for the reader before the camera is held up. */
  readonly queueBytesMax: number
}

const LIMITS: StreamLimits = {
  handshakeMs: 10_000,
  stallMs: 10_000,
  unitBytesMax: 4 * 1024 * 1024,
  queueBytesMax: 8 * 1024 * 1024,
}

/**
 * Plays a camera's H.264 video over RTSP 1.0 (RFC 2326) with RTP interleaved in the same TCP connection. Returns once
 * PLAY is answered.
 * @throws LenscapError `refused` (credential missing or wrong: don't send it again), `unsupported` (Basic only, another
 *   codec, another transport), `timeout`, `unreachable`, `busy`, `invalid`, `limit`
 */
export async function openStream(options: StreamOptions): Promise<RtspStream> {
  const { uri, clock, signal } = options
  if (uri.protocol !== 'rtsp:') {
    throw new LenscapError('unsupported', `Streams of ${uri.protocol} are not played, only of rtsp:`)
  }
  const limits = { ...LIMITS, ...options.limits }
  const session = new Session(options, limits)
  const what = `The RTSP handshake with ${uri.hostname}`
  try {
    await withDeadline({ clock, timeoutMs: limits.handshakeMs, signal, what }, (stop) => {
      stop.addEventListener('abort', () => session.close(stop.reason), { once: true })
      return session.play()
    })
  } catch (error) {
    session.close(error)
    throw error
  }
  return session.stream()
}

/** One session with one camera, from dialling to TEARDOWN. */
class Session {
  readonly #options: StreamOptions
  readonly #limits: StreamLimits
  readonly #host: string
  readonly #auth: DigestAuth
  readonly #connection: RtspConnection
  readonly #queue: UnitQueue
  readonly #ended = new AbortController()
  #depacketizer: H264Depacketizer | undefined
  #channel = -1
  #id: string | undefined
  #challenged = false
  #timeoutS = 60
  #uri: string
  #methods: ReadonlySet<string> = new Set()
  #lastFrameMs = 0
  #units = 0
  #bytes = 0

  constructor(options: StreamOptions, limits: StreamLimits) {
    const { uri, credential } = options
    this.#options = options
    this.#limits = limits
    this.#host = uri.hostname.replace(/^\[|\]$/g, '')
    this.#uri = bareUri(uri)
    this.#auth = new DigestAuth(credential, this.#host)
    this.#queue = new UnitQueue(limits.queueBytesMax, (paused) => {
      if (paused) this.#connection.pause()
      else this.#connection.resume()
    })
    this.#connection = new RtspConnection({
      host: this.#host,
      port: Number(uri.port) || DEFAULT_PORT,
      onFrame: this.#receive,
      onEnd: (reason) => {
        this.#ended.abort(reason)
        this.#queue.end(reason)
      },
    })
  }

  /** OPTIONS, DESCRIBE, SETUP, PLAY. */
  async play(): Promise<void> {
    // A camera that refuses OPTIONS may play all the same.
    this.#methods = readMethods(await this.#send('OPTIONS', this.#uri))
    const described = await this.#ask('DESCRIBE', this.#uri, { Accept: 'application/sdp' })
    const track = parseVideoTrack(new TextDecoder().decode(described.body))
    const { headers } = described
    const base = header(headers, 'content-base') ?? header(headers, 'content-location') ?? this.#uri
    const dialled = this.#options.uri
    await this.#setUp(track, resolveControl(base, track.control, dialled))
    this.#uri = resolveControl(base, track.sessionControl, dialled)
    await this.#ask('PLAY', this.#uri, { Range: 'npt=0.000-' })
  }

  async #setUp(track: VideoTrack, uri: string): Promise<void> {
    const answer = await this.#ask('SETUP', uri, { Transport: 'RTP/AVP/TCP;unicast;interleaved=0-1' })
    const { id, timeoutS } = readSession(answer)
    this.#id = id
    this.#timeoutS = timeoutS
    this.#channel = readChannel(answer)
    this.#depacketizer = new H264Depacketizer({
      payloadType: track.payloadType,
      parameters: ParameterSets.from(track.parameterSets),
      unitBytesMax: this.#limits.unitBytesMax,
      clock: this.#options.clock,
      onUnit: (unit) => {
        this.#units += 1
        this.#queue.push(unit)
      },
    })
  }

  /** What the reader gets. From here on the session looks after itself, until it is closed. */
  stream(): RtspStream {
    const { signal } = this.#options
    const stop = () => this.close()
    signal.addEventListener('abort', stop, { once: true, signal: this.#ended.signal })
    if (signal.aborted) stop()
    this.#lastFrameMs = this.#options.clock.monotonicMs()
    void this.#watch()
    void this.#keepAlive()
    const counts = () => {
      const { gaps = 0, droppedUnits = 0 } = this.#depacketizer?.losses ?? {}
      return { gaps, droppedUnits, units: this.#units, bytes: this.#bytes }
    }
    return new RtspStream({ signedIn: this.#challenged, queue: this.#queue, counts, close: stop })
  }

  /** Ends the session at once, with TEARDOWN where there is one to tear down. Without a reason the reader ends quietly. */
  close(reason?: unknown): void {
    this.#queue.end(reason)
    if (this.#id === undefined) this.#connection.close(reason)
    else this.#connection.part(reason, 'TEARDOWN', this.#uri, this.#headers('TEARDOWN', this.#uri))
  }

  #receive = (channel: number, payload: Uint8Array): void => {
    if (channel !== this.#channel || this.#depacketizer === undefined) return
    this.#lastFrameMs = this.#options.clock.monotonicMs()
    this.#bytes += payload.length
    this.#depacketizer.push(payload)
  }

  #headers(method: string, uri: string): Record<string, string> {
    const authorization = this.#auth.authorization(method, uri)
    return {
      ...(authorization === undefined ? {} : { Authorization: authorization }),
      ...(this.#id === undefined ? {} : { Session: this.#id }),
    }
  }

  /** Sends a request, and once more with the challenge answered, if there is one. */
  async #send(method: string, uri: string, headers: Record<string, string> = {}): Promise<RtspResponse> {
    for (;;) {
      const answer = await this.#connection.request(method, uri, { ...headers, ...this.#headers(method, uri) })
      if (answer.status !== 401) {
        this.#auth.accepted()
        return answer
      }
      this.#challenged = true
      this.#auth.take(answer.headers.get('www-authenticate') ?? [])
    }
  }

  async #ask(method: string, uri: string, headers: Record<string, string> = {}): Promise<RtspResponse> {
    return demandOk(await this.#send(method, uri, headers), method, this.#host)
  }

  /** Throws the stream away when no video came for too long: half-dead cameras keep their connections open. */
  async #watch(): Promise<void> {
    const { clock, uri } = this.#options
    const { stallMs } = this.#limits
    while (!this.#ended.signal.aborted) {
      if (this.#queue.paused) this.#lastFrameMs = clock.monotonicMs()
      const leftMs = this.#lastFrameMs + stallMs - clock.monotonicMs()
      if (leftMs <= 0) {
        const facts = { host: uri.hostname, stallMs, diagnosis: 'STREAM_STALLED' }
        return this.close(new LenscapError('timeout', `${uri.hostname} sent no video for ${stallMs} ms`, facts))
      }
      await clock.sleep(leftMs, this.#ended.signal).catch(() => {})
    }
  }

  /** Keeps the session from timing out (RFC 2326, 12.37) with what the camera offers. */
  async #keepAlive(): Promise<void> {
    const halfMs = Math.min(KEEP_ALIVE_MS_MAX, Math.max(KEEP_ALIVE_MS_MIN, this.#timeoutS * 500))
    let method = this.#methods.has('GET_PARAMETER') ? 'GET_PARAMETER' : 'OPTIONS'
    for (;;) {
      await this.#options.clock.sleep(halfMs, this.#ended.signal).catch(() => {})
      if (this.#ended.signal.aborted) return
      try {
        const { status } = await this.#send(method, this.#uri)
        if (status === 454) throw new LenscapError('unreachable', `${this.#host} forgot the session`)
        if (status >= 400) method = 'OPTIONS'
      } catch (error) {
        this.close(error)
      }
    }
  }
}
