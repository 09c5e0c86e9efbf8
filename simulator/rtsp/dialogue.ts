import type { Admission } from '../onvif/guard.ts'
import type { Answer } from './answer.ts'
import type { RtspContext } from './context.ts'
import type { RtspRequest } from './reader.ts'
import { describeSession } from './sdp.ts'
import type { PacketSink } from './sender.ts'
import { RtspSession } from './session.ts'
import { type RtspStream, splitUri } from './stream.ts'
import { chooseTransport, type PacketTransport, type TransportChoice } from './transport.ts'

export const SESSION_TIMEOUT_S = 60

const METHODS = 'OPTIONS, DESCRIBE, SETUP, PLAY, PAUSE, GET_PARAMETER, SET_PARAMETER, TEARDOWN'

/** What a dialogue needs of its connection. */
export interface Line {
  /** The client's address. */
  readonly client: string
  /** Gives undefined where there is no port left. */
  open(choice: TransportChoice): Promise<PacketTransport | undefined>
  /** One track's way to the client, with what goes wrong on it. */
  readonly spoil: (sink: PacketSink, clockHz: number) => PacketSink
}

/** What one client says and is answered, with the session that grows out of it: at most one for each connection. */
export class RtspDialogue {
  readonly #context: RtspContext
  readonly #line: Line
  #session: RtspSession | undefined

  constructor(context: RtspContext, line: Line) {
    this.#context = context
    this.#line = line
  }

  get session(): RtspSession | undefined {
    return this.#session
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

  /** Ends the session, if there is one. */
  close(): void {
    this.#session?.close()
    this.#session = undefined
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
    const transport = await this.#line.open(choice)
    if (!transport) return { status: 453 }
    this.#session ??= new RtspSession(stream, this.#line.spoil)
    const header = this.#session.setUp(track, transport)
    return {
      status: 200,
      headers: { Transport: header, Session: `${this.#session.id};timeout=${SESSION_TIMEOUT_S}` },
    }
  }

  /** RFC 2326, 10.4: a session may grow by tracks of its own stream, before it plays. */
  #refuseSetUp(request: RtspRequest, stream: RtspStream): Answer | undefined {
    const id = sessionIn(request)
    if (id !== undefined && id !== this.#session?.id) return { status: 454 }
    if (!this.#session) return undefined
    if (id === undefined || this.#session.isPlaying) return { status: 455 }
    return this.#session.stream === stream ? undefined : { status: 459 }
  }

  #withSession(request: RtspRequest, answer: (session: RtspSession) => Answer): Answer {
    const session = this.#session
    if (!session || session.id !== sessionIn(request)) return { status: 454 }
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
    this.close()
    return { status: 200, headers: { Session: session.id } }
  }

  /** An empty one keeps the session alive; there is no parameter to read or set (RFC 2326, 10.8). */
  #parameter(request: RtspRequest): Answer {
    const id = sessionIn(request)
    // A keep-alive before SETUP names no session, and is welcome.
    if (id !== this.#session?.id) return { status: 454 }
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
