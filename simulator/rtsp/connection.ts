import { randomInt } from 'node:crypto'
import type { Socket } from 'node:net'
import type { Showing } from '../imaging/showing.ts'
import type { Journal } from '../journal/journal.ts'
import { type CameraFacts, ofChannel } from '../onvif/facts.ts'
import type { Admission, Guard } from '../onvif/guard.ts'
import type { Pacer } from './pacer.ts'
import { RtspReader, type RtspRequest } from './reader.ts'
import { describeSession } from './sdp.ts'
import { type PacketSink, RtpSender } from './sender.ts'

const SESSION_TIMEOUT_S = 60
/** A client that leaves this much unread is cut off. */
const SEND_QUEUE_BYTES_MAX = 512 * 1024

export interface RtspContext {
  readonly facts: CameraFacts
  readonly guard: Guard
  readonly journal: Journal
  readonly pacer: Pacer
}

interface Session {
  readonly id: string
  readonly uri: string
  readonly showing: Showing
  readonly rtpChannel: number
  sender: RtpSender | undefined
}

type Headers = Readonly<Record<string, string | readonly string[]>>

interface Answer {
  readonly status: number
  readonly headers?: Headers
  readonly body?: string
}

const REASONS: Readonly<Record<number, string>> = {
  200: 'OK',
  400: 'Bad Request',
  401: 'Unauthorized',
  404: 'Not Found',
  454: 'Session Not Found',
  455: 'Method Not Valid in This State',
  461: 'Unsupported Transport',
  501: 'Not Implemented',
}

const METHODS = 'OPTIONS, DESCRIBE, SETUP, PLAY, GET_PARAMETER, SET_PARAMETER, TEARDOWN'

/** One client's RTSP connection: at most one session, whose packets travel in the same connection (RFC 2326, 10.12). */
export class RtspConnection {
  readonly #context: RtspContext
  readonly #socket: Socket
  readonly #client: string
  readonly #reader = new RtspReader()
  #session: Session | undefined
  #heardMs: number

  constructor(socket: Socket, context: RtspContext) {
    this.#context = context
    this.#socket = socket
    this.#client = `${socket.remoteAddress}:${socket.remotePort}`
    this.#heardMs = context.facts.now()
    socket.setNoDelay(true)
    socket.setTimeout(SESSION_TIMEOUT_S * 1000, () => socket.destroy())
    socket.on('error', () => socket.destroy())
    socket.on('close', () => context.pacer.remove(this.#play))
    socket.on('data', (chunk) => this.#hear(chunk))
  }

  #hear(chunk: Buffer): void {
    this.#heardMs = this.#context.facts.now()
    try {
      for (const item of this.#reader.read(chunk)) if (item.kind === 'request') this.#serve(item)
    } catch {
      this.#reply('0', { status: 400 })
      this.#socket.destroySoon()
    }
  }

  #serve(request: RtspRequest): void {
    const admission = this.#context.guard.admit({
      from: this.#socket.remoteAddress ?? '',
      method: request.method,
      target: request.uri,
      authorization: request.headers.get('authorization'),
    })
    const answer = this.#answer(request, admission)
    this.#context.journal.add({
      kind: 'request',
      protocol: 'rtsp',
      client: this.#client,
      operation: request.method,
      authenticated: admission.admitted,
      credential: admission.credential,
      ...(admission.user === undefined ? {} : { user: admission.user }),
      status: answer.status,
    })
    this.#reply(request.headers.get('cseq') ?? '0', answer)
    if (request.method === 'TEARDOWN' && answer.status === 200) this.#stop()
    if (request.method === 'PLAY' && answer.status === 200) this.#context.pacer.add(this.#play)
  }

  #answer(request: RtspRequest, admission: Admission): Answer {
    if (request.method === 'OPTIONS') return { status: 200, headers: { Public: METHODS } }
    if (!admission.admitted)
      return { status: 401, headers: { 'WWW-Authenticate': this.#context.guard.rtspChallenges(admission.stale) } }
    switch (request.method) {
      case 'DESCRIBE':
        return this.#describe(request)
      case 'SETUP':
        return this.#setup(request)
      case 'PLAY':
        return this.#withSession(request, (session) => this.#startPlaying(session))
      case 'GET_PARAMETER':
      case 'SET_PARAMETER':
      case 'TEARDOWN':
        return this.#withSession(request, (session) => ({ status: 200, headers: { Session: session.id } }))
      default:
        return { status: 501, headers: { Public: METHODS } }
    }
  }

  #describe(request: RtspRequest): Answer {
    const showing = this.#showingAt(request.uri)
    if (!showing) return { status: 404 }
    const { address, startedMs } = this.#context.facts
    const body = describeSession(showing.scene, address, Math.floor(startedMs))
    return {
      status: 200,
      headers: { 'Content-Base': `${withoutTrack(request.uri)}/`, 'Content-Type': 'application/sdp' },
      body,
    }
  }

  #setup(request: RtspRequest): Answer {
    const showing = this.#showingAt(request.uri)
    if (!showing) return { status: 404 }
    if (this.#session) return { status: 455 }
    const transport = request.headers.get('transport') ?? ''
    const choice = transport.split(',').find((one) => one.trim().toUpperCase().startsWith('RTP/AVP/TCP'))
    const channel = Number(/interleaved=(\d{1,3})/.exec(choice ?? '')?.[1] ?? 0)
    if (choice === undefined || channel > 254) return { status: 461 }
    const id = randomInt(10_000_000, 100_000_000).toString()
    this.#session = { id, uri: withoutTrack(request.uri), showing, rtpChannel: channel, sender: undefined }
    return {
      status: 200,
      headers: {
        Transport: `RTP/AVP/TCP;unicast;interleaved=${channel}-${channel + 1};mode="play"`,
        Session: `${id};timeout=${SESSION_TIMEOUT_S}`,
      },
    }
  }

  #withSession(request: RtspRequest, answer: (session: Session) => Answer): Answer {
    const [id] = (request.headers.get('session') ?? '').split(';')
    // A keep-alive before SETUP names no session, and is welcome.
    if (!this.#session && request.method.endsWith('_PARAMETER')) return { status: 200 }
    if (!this.#session || this.#session.id !== id) return { status: 454 }
    return answer(this.#session)
  }

  #startPlaying(session: Session): Answer {
    session.sender ??= new RtpSender(session.showing, this.#sinkOf(session), this.#context.facts.now())
    const { sequence, timestamp } = session.sender.first
    return {
      status: 200,
      headers: {
        Session: session.id,
        Range: 'npt=0-',
        'RTP-Info': `url=${session.uri}/trackID=1;seq=${sequence};rtptime=${timestamp}`,
      },
    }
  }

  #sinkOf(session: Session): PacketSink {
    const frame = (channel: number, bytes: number) => Buffer.from([0x24, channel, bytes >> 8, bytes & 0xff])
    return {
      rtp: (head, payload) => {
        this.#socket.write(Buffer.concat([frame(session.rtpChannel, head.length + payload.length), head]))
        this.#socket.write(payload)
      },
      rtcp: (packet) => {
        this.#socket.write(Buffer.concat([frame(session.rtpChannel + 1, packet.length), packet]))
      },
    }
  }

  readonly #play = (nowMs: number): void => {
    const { facts } = this.#context
    const sender = this.#session?.sender
    const isSilent = nowMs - this.#heardMs > SESSION_TIMEOUT_S * 1000
    if (isSilent || this.#socket.writableLength > SEND_QUEUE_BYTES_MAX) {
      this.#socket.destroy()
      return
    }
    if (facts.faults.isOn('rtsp-stall')) sender?.skip(nowMs)
    this.#socket.cork()
    sender?.advance(nowMs, facts.cameraNow())
    this.#socket.uncork()
  }

  #stop(): void {
    this.#context.pacer.remove(this.#play)
    this.#session = undefined
  }

  #showingAt(uri: string): Showing | undefined {
    const { profile, showings } = this.#context.facts
    const path = withoutTrack(uri).replace(/^rtsp:\/\/[^/]*/i, '')
    return showings.find((_, i) => ofChannel(profile.paths.stream, i + 1) === path)
  }

  #reply(cseq: string, answer: Answer): void {
    const lines = [`RTSP/1.0 ${answer.status} ${REASONS[answer.status] ?? 'Error'}`, `CSeq: ${cseq}`]
    for (const [name, value] of Object.entries(answer.headers ?? {}))
      for (const one of [value].flat()) lines.push(`${name}: ${one}`)
    const body = answer.body ?? ''
    if (body) lines.push(`Content-Length: ${Buffer.byteLength(body)}`)
    this.#socket.write(`${lines.join('\r\n')}\r\n\r\n${body}`)
  }
}

/** The presentation's own URI: without its track, and without the slash that may end it. */
function withoutTrack(uri: string): string {
  return uri.replace(/\/trackID=\d+$/i, '').replace(/\/$/, '')
}
