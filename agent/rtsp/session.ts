import { randomInt } from 'node:crypto'
import type { Clock } from '../base/clock.ts'
import { DigestAuth } from '../base/digest.ts'
import { LenscapError } from '../base/errors.ts'
import type { Credential } from '../base/secret.ts'
import { demandOk, readMethods, readPlayInfo, readSession } from './answers.ts'
import { RtspConnection } from './connection.ts'
import { Incoming, type IncomingTrack } from './incoming.ts'
import { KeepAlive } from './keep-alive.ts'
import { InterleavedLanes, type Lane, udpLane } from './lanes.ts'
import { header, type RtspResponse } from './message.ts'
import { parseDescription } from './sdp.ts'
import { RtspStream } from './stream.ts'
import { UnitQueue } from './unit-queue.ts'
import { bareUri, resolveControl } from './uri.ts'

const DEFAULT_PORT = 554
const REPORT_EVERY_MS = 5000

export interface SessionOptions {
  /** `rtsp://`; its host and port are the only ones dialled. A user and password in it are not used. */
  readonly uri: URL
  readonly credential: Credential | undefined
  readonly signal: AbortSignal
  readonly clock: Clock
  /** Whether the sound is asked for, where the camera has any that can be recorded. By default not. */
  readonly sound?: boolean
  /** `auto`, the default: in the TCP connection, and over UDP where the camera refuses that (461). */
  readonly transport?: 'auto' | 'tcp' | 'udp'
  /** Packets in the TCP connection are read at most this often, once it plays; 0, the default: as they come. */
  readonly readEveryMs?: number
  readonly limits: StreamLimits
}

export interface StreamLimits {
  /** From dialling to the answer to PLAY. */
  readonly handshakeMs: number
  /** Longest silence of the video before the stream counts as stalled. */
  readonly stallMs: number
  readonly unitBytesMax: number
  /** What may wait for the reader before the camera is held up; over UDP, before packets are dropped. */
  readonly queueBytesMax: number
}

interface Track {
  readonly incoming: IncomingTrack
  readonly lane: Lane
  readonly uri: string
}

/** One session with one camera, from dialling to TEARDOWN. */
export class RtspSession {
  readonly #options: SessionOptions
  readonly #host: string
  readonly #auth: DigestAuth
  readonly #connection: RtspConnection
  readonly #interleaved = new InterleavedLanes(() => this.#connection)
  readonly #queue: UnitQueue
  readonly #ended = new AbortController()
  readonly #ssrc = randomInt(2 ** 32)
  readonly #tracks: Track[] = []
  #incoming: Incoming | undefined
  #transport: 'tcp' | 'udp'
  #id: string | undefined
  #challenged = false
  #timeoutS = 0
  #uri: string
  #methods: ReadonlySet<string> = new Set()
  #lastPictureMs = 0
  #units = 0
  #bytes = 0

  constructor(options: SessionOptions) {
    const { uri, credential, limits, readEveryMs = 0 } = options
    this.#options = options
    this.#transport = options.transport === 'udp' ? 'udp' : 'tcp'
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
      readEveryMs,
      onFrame: (channel, payload) => this.#interleaved.receive(channel, payload),
      onEnd: (reason) => {
        this.#ended.abort(reason)
        this.#queue.end(reason)
        for (const { lane } of this.#tracks) lane.close()
      },
    })
  }

  /** OPTIONS, DESCRIBE, SETUP of each track, PLAY. */
  async play(): Promise<void> {
    // A camera that refuses OPTIONS may play all the same.
    this.#methods = readMethods(await this.#send('OPTIONS', this.#uri))
    const described = await this.#ask('DESCRIBE', this.#uri, { Accept: 'application/sdp' })
    const { control, video, sound } = parseDescription(new TextDecoder().decode(described.body))
    const { clock, uri: dialled, limits } = this.#options
    const base = header(described.headers, 'content-base') ?? header(described.headers, 'content-location') ?? this.#uri
    const incoming = new Incoming({ video, unitBytesMax: limits.unitBytesMax, clock, onUnit: this.#push })
    this.#incoming = incoming
    await this.#setUp(incoming.video, resolveControl(base, video.control, dialled))
    if (sound && this.#options.sound === true) {
      await this.#setUpSound(incoming.addSound(sound), resolveControl(base, sound.control, dialled))
    }
    this.#uri = resolveControl(base, control, dialled)
    const playing = await this.#ask('PLAY', this.#uri, { Range: 'npt=0.000-' })
    const info = readPlayInfo(playing)
    for (const [i, { incoming: track, uri }] of this.#tracks.entries()) {
      const told = info.find(({ url }) => uri.endsWith(url) || url.endsWith(new URL(uri).pathname)) ?? info[i]
      if (told) track.begin(told.rtpTime)
    }
  }

  #push = (unit: Parameters<UnitQueue['push']>[0]): void => {
    if ('keyframe' in unit) this.#units += 1
    this.#queue.push(unit)
  }

  /** A camera that can't send its sound is recorded without. */
  async #setUpSound(incoming: IncomingTrack, uri: string): Promise<void> {
    try {
      await this.#setUp(incoming, uri)
    } catch (error) {
      const isOfSound = error instanceof LenscapError && error.facts['method'] === 'SETUP'
      if (!isOfSound || this.#ended.signal.aborted) throw error
    }
  }

  async #setUp(incoming: IncomingTrack, uri: string): Promise<void> {
    const { transport = 'auto' } = this.#options
    try {
      await this.#setUpLane(incoming, uri)
    } catch (error) {
      const isRefused = error instanceof LenscapError && error.facts['status'] === 461
      if (!isRefused || transport !== 'auto' || this.#tracks.length > 0) throw error
      this.#transport = 'udp'
      await this.#setUpLane(incoming, uri)
    }
  }

  async #setUpLane(incoming: IncomingTrack, uri: string): Promise<void> {
    const lane = await this.#lane(incoming)
    try {
      const answer = await this.#ask('SETUP', uri, { Transport: lane.transport })
      const { id, timeoutS } = readSession(answer)
      this.#id = id
      this.#timeoutS = timeoutS
      lane.settle(answer)
      // It may have ended in the meantime, and closed the lanes that it knew.
      this.#ended.signal.throwIfAborted()
      this.#tracks.push({ incoming, lane, uri })
    } catch (error) {
      lane.close()
      throw error
    }
  }

  async #lane(incoming: IncomingTrack): Promise<Lane> {
    const isPicture = incoming === this.#incoming?.video
    const receiver = {
      rtp: (bytes: Uint8Array) => {
        // Over UDP nobody can be held up.
        if (this.#transport === 'udp' && this.#queue.paused) return
        if (isPicture) this.#lastPictureMs = this.#options.clock.monotonicMs()
        this.#bytes += bytes.length
        this.#guard(() => incoming.rtp(bytes))
      },
      rtcp: (bytes: Uint8Array) => {
        if (incoming.rtcp(bytes) && isPicture) this.close(this.#saidGoodbye())
      },
    }
    const { ends } = this.#connection
    if (this.#transport === 'tcp' || ends === undefined) return this.#interleaved.add(receiver)
    return await udpLane(receiver, ends)
  }

  /** What can't be taken ends the session. */
  #guard(take: () => void): void {
    try {
      take()
    } catch (error) {
      this.close(error)
    }
  }

  /** What the reader gets. From here on the session looks after itself, until it is closed. */
  stream(): RtspStream {
    const { signal } = this.#options
    const stop = () => this.close()
    signal.addEventListener('abort', stop, { once: true, signal: this.#ended.signal })
    if (signal.aborted) stop()
    this.#lastPictureMs = this.#options.clock.monotonicMs()
    this.#connection.gather()
    void this.#watch()
    void this.#keepAlive()
    void this.#report()
    const counts = () => {
      const { gaps = 0, droppedUnits = 0 } = this.#incoming?.losses ?? {}
      return { gaps, droppedUnits, units: this.#units, bytes: this.#bytes }
    }
    const pace = (readEveryMs: number) => this.#connection.pace(readEveryMs)
    return new RtspStream({ signedIn: this.#challenged, queue: this.#queue, counts, close: stop, pace })
  }

  /** Ends the session at once, with TEARDOWN where there is one to tear down. Without a reason the reader ends quietly. */
  close(reason?: unknown): void {
    this.#queue.end(reason)
    if (this.#id === undefined) this.#connection.close(reason)
    else this.#connection.part(reason, 'TEARDOWN', this.#uri, this.#headers('TEARDOWN', this.#uri))
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

  #saidGoodbye(): LenscapError {
    return new LenscapError('unreachable', `${this.#host} ended the stream`, { host: this.#host })
  }

  /** Throws the stream away when no video came for too long: half-dead cameras keep their connections open. */
  async #watch(): Promise<void> {
    const { clock, uri, limits } = this.#options
    const { stallMs } = limits
    while (!this.#ended.signal.aborted) {
      if (this.#queue.paused) this.#lastPictureMs = clock.monotonicMs()
      const leftMs = this.#lastPictureMs + stallMs - clock.monotonicMs()
      if (leftMs <= 0) {
        const facts = { host: uri.hostname, stallMs, diagnosis: 'STREAM_STALLED' }
        return this.close(new LenscapError('timeout', `${uri.hostname} sent no video for ${stallMs} ms`, facts))
      }
      await clock.sleep(leftMs, this.#ended.signal).catch(() => {})
    }
  }

  async #keepAlive(): Promise<void> {
    const keepAlive = new KeepAlive(this.#timeoutS, this.#methods)
    const ask = async (method: string) => (await this.#send(method, this.#uri)).status
    for (;;) {
      await this.#options.clock.sleep(keepAlive.waitMs, this.#ended.signal).catch(() => {})
      if (this.#ended.signal.aborted) return
      try {
        const { host } = { host: this.#host }
        if (!(await keepAlive.beat(ask))) throw new LenscapError('unreachable', `${host} forgot the session`, { host })
      } catch (error) {
        this.close(error)
      }
    }
  }

  /** Tells the camera how its packets come in (RFC 3550, 6.2): some keep a session only for that. */
  async #report(): Promise<void> {
    for (;;) {
      await this.#options.clock.sleep(REPORT_EVERY_MS, this.#ended.signal).catch(() => {})
      if (this.#ended.signal.aborted) return
      for (const { incoming, lane } of this.#tracks) {
        const report = incoming.report(this.#ssrc)
        if (report) lane.report(report)
      }
    }
  }
}
