import type { Admission } from '../onvif/guard.ts'
import type { Answer } from './answer.ts'
import type { RtspContext } from './context.ts'
import type { RtspRequest } from './reader.ts'
import { describeSession } from './sdp.ts'
import type { PacketSink } from './sender.ts'
import { RtspSession, SESSION_TIMEOUT_S } from './session.ts'
import { type RtspStream, splitUri } from './stream.ts'
import { chooseTransport, type PacketTransport, type TransportChoice } from './transport.ts'

const METHODS = 'OPTIONS, DESCRIBE, SETUP, PLAY, PAUSE, GET_PARAMETER, SET_PARAMETER, TEARDOWN'

/** What a dialogue needs of its connection. */
export interface Line {
  /** The client's address. */
  readonly client: string
  /** Gives undefined where there is no port left. `onReport`: the client sent RTCP on a way of its own. */
  open(choice: TransportChoice, onReport: () => void): Promise<PacketTransport | undefined>
  /** One track's way to the client, with what goes wrong on it. */
  readonly spoil: (sink: PacketSink, clockHz: number) => PacketSink
}

/** What one client says and is answered. At most one session grows out of it, but it may name those of others. */
export class RtspDialogue {
  readonly #context: RtspContext
  readonly #line: Line
  #session: RtspSession | undefined

  constructor(context: RtspContext, line: Line) {
    this.#context = context
    this.#line = line
  }

  /** The session that was set up here, while it lives. */
  get session(): RtspSession | undefined {
    return this.#session?.isEnded === false ? this.#session : undefined
  }

  async answer(request: RtspRequest, admission: Admission): Promise<Answer> {
    if (request.method === 'OPTIONS') return { status: 200, headers: { Public: METHODS } }
    if (!admission.admitted)
      return { status: 401, headers: { 'WWW-Authenticate': this.#context.guard.rtspChallenges(admission.stale) } }
    const required = request.headers.get('require')
    if (required !== undefined) return { status: 551, headers: { Unsupported: required.slice(0, 200) } }
    switch (request.method) {
      case 'DESCRIBE':
        return this.#describe(request)
      case 'SETUP':
        return await this.#setUp(request)
      case 'PLAY':
        return this.#withSession(request, (session) => this.#play(session, request.uri))
      case 'PAUSE':
        return this.#withSession(request, (session) => this.#pause(session))
      case 'GET_PARAMETER':
      case 'SET_PARAMETER':
        return this.#parameter(request)
      case 'TEARDOWN':
        return this.#withSession(request, (session) => this.#tearDown(session))
      default:
        return { status: 501, headers: { Public: METHODS } }
    }
  }

  /** The connection is gone. */
  close(): void {
    if (this.session) this.#context.sessions.leave(this.session)
  }

  /** The connection went while it was answered: a session of which the client knows nothing is ended. */
  closeUntold({ method }: RtspRequest): void {
    if (this.session && method === 'SETUP') this.#context.sessions.end(this.session)
    else this.close()
  }

  #describe(request: RtspRequest): Answer {
    const stream = this.#streamAt(splitUri(request.uri).path)
    if (!stream) return { status: 404 }
    const { address, startedMs } = this.#context.facts
    const base = `${request.uri.replace(/\/$/, '')}/`
    return {
      status: 200,
      headers: { 'Content-Base': base, 'Content-Type': 'application/sdp' },
      body: describeSession(stream, address, Math.floor(startedMs)),
    }
  }

  async #setUp(request: RtspRequest): Promise<Answer> {
    const asked = splitUri(request.uri)
    const stream = this.#streamAt(asked.path)
    const track = asked.track ?? 1
    if (!stream?.tracks[track - 1]) return { status: 404 }
    // The whole of a stream of several tracks can't be set up at once (RFC 2326, 11.3.9).
    if (asked.track === undefined && stream.tracks.length > 1) return { status: 459 }
    const refusal = this.#refuseSetUp(request, stream)
    if (refusal) return refusal
    const choice = chooseTransport(request.headers.get('transport') ?? '', this.#line.client)
    if (!choice) return { status: 461 }
    const { facts, sessions } = this.#context
    const session = this.session ?? new RtspSession(stream, this.#line.spoil, facts.now())
    const transport = await this.#line.open(choice, () => sessions.noteLife(session, 'RTCP'))
    if (!transport) return { status: 453 }
    if (session.isEnded) {
      transport.close()
      return { status: 454 }
    }
    const header = session.setUp(track, transport)
    this.#session = session
    sessions.add(session)
    return { status: 200, headers: { Transport: header, Session: `${session.id};timeout=${SESSION_TIMEOUT_S}` } }
  }

  /** RFC 2326, 10.4: a session may grow by tracks of its own stream, before it plays; here, in its own connection alone. */
  #refuseSetUp(request: RtspRequest, stream: RtspStream): Answer | undefined {
    const id = sessionIn(request)
    const { session } = this
    if (id !== undefined && id !== session?.id) return { status: this.#named(request) ? 455 : 454 }
    if (!session) return this.#context.sessions.isFull ? { status: 453 } : undefined
    if (id === undefined || session.isPlaying) return { status: 455 }
    return session.stream === stream ? undefined : { status: 459 }
  }

  /** The session that a request names, whichever connection set it up. */
  #named(request: RtspRequest): RtspSession | undefined {
    return this.#context.sessions.find(sessionIn(request), request.method)
  }

  #withSession(request: RtspRequest, answer: (session: RtspSession) => Answer): Answer {
    const session = this.#named(request)
    if (!session) return { status: 454 }
    // A single track of several can't be played, paused or torn down alone (RFC 2326, 11.3.10).
    if (splitUri(request.uri).track !== undefined && session.trackCount > 1) return { status: 460 }
    return answer(session)
  }

  #play(session: RtspSession, uri: string): Answer {
    const { path } = splitUri(uri)
    const base = uri.slice(0, uri.indexOf(path) + path.length)
    const info = session.play(base, this.#context.facts.now())
    return { status: 200, headers: { Session: session.id, Range: 'npt=0-', 'RTP-Info': info } }
  }

  #pause(session: RtspSession): Answer {
    if (!session.isPlaying) return { status: 455 }
    session.pause()
    return { status: 200, headers: { Session: session.id } }
  }

  #tearDown(session: RtspSession): Answer {
    this.#context.sessions.end(session)
    return { status: 200, headers: { Session: session.id } }
  }

  /** An empty one keeps the session alive; there is no parameter to read or set (RFC 2326, 10.8). */
  #parameter(request: RtspRequest): Answer {
    const id = sessionIn(request)
    // A keep-alive before SETUP names no session, and is welcome.
    if (id === undefined ? this.session : !this.#named(request)) return { status: 454 }
    if (Number(request.headers.get('content-length') ?? 0) > 0) return { status: 451 }
    return id === undefined ? { status: 200 } : { status: 200, headers: { Session: id } }
  }

  #streamAt(path: string): RtspStream | undefined {
    return this.#context.streams.find((stream) => stream.path === path)
  }
}

function sessionIn(request: RtspRequest): string | undefined {
  return request.headers.get('session')?.split(';')[0]?.trim()
}
