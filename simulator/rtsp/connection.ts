import type { Socket } from 'node:net'
import { formatAnswer } from './answer.ts'
import type { RtspContext } from './context.ts'
import { RtspDialogue } from './dialogue.ts'
import { InterleavedTransport } from './interleaved.ts'
import { RtspReader, type RtspRequest } from './reader.ts'
import type { PacketTransport, TransportChoice } from './transport.ts'
import { UdpTransport } from './udp.ts'
import { keepsAlive, sessionTimeoutMs } from './wrong/keep-alive.ts'
import { WrongLine } from './wrong/lines.ts'
import { Misbehaviour } from './wrong/misbehaviour.ts'
import { OtherPort } from './wrong/other-port.ts'
import { Outlet } from './wrong/outlet.ts'
import { hearWrongly } from './wrong/sessions.ts'

/** A client that leaves this much unread is cut off. */
const SEND_QUEUE_BYTES_MAX = 512 * 1024
/** And so is one that asks this much before it is answered. */
const WAITING_REQUESTS_MAX = 32

/** One client's RTSP connection: reads requests, answers them in their order, and lets its session send. */
export class RtspConnection {
  readonly #context: RtspContext
  readonly #socket: Socket
  readonly #client: string
  readonly #reader = new RtspReader()
  readonly #dialogue: RtspDialogue
  readonly #outlet: Outlet
  readonly #wrong: Misbehaviour
  readonly #line: WrongLine
  #heardMs: number
  #waiting = 0
  #turn: Promise<void> = Promise.resolve()
  #nextChannel = 0

  constructor(socket: Socket, context: RtspContext) {
    this.#context = context
    this.#socket = socket
    this.#client = `${socket.remoteAddress}:${socket.remotePort}`
    this.#heardMs = context.facts.now()
    this.#outlet = new Outlet(socket, context.facts.faults)
    this.#wrong = new Misbehaviour(context, socket)
    this.#line = new WrongLine(socket, this.#outlet, context.facts.faults)
    this.#dialogue = new RtspDialogue(context, {
      client: socket.remoteAddress ?? '',
      open: (choice, onReport) => this.#open(choice, onReport),
      spoil: (sink, clockHz) => this.#wrong.spoil(sink, clockHz),
    })
    socket.setNoDelay(true)
    socket.on('error', () => socket.destroy())
    socket.on('data', (chunk) => this.#hear(chunk))
    socket.on('close', () => {
      context.pacer.remove(this.#tick)
      this.#dialogue.close()
    })
    context.pacer.add(this.#tick)
  }

  #hear(chunk: Buffer): void {
    this.#noteLife('bytes')
    try {
      for (const item of this.#reader.read(chunk)) if (item.kind === 'request') this.#enqueue(item)
    } catch {
      this.#socket.write(formatAnswer('0', { status: 400 }))
      this.#socket.destroySoon()
    }
  }

  /** `sign`: a request's method, or what else came. */
  #noteLife(sign: string): void {
    const { faults, now } = this.#context.facts
    if (keepsAlive(sign, faults)) this.#heardMs = now()
    if (this.#dialogue.session) this.#context.sessions.noteLife(this.#dialogue.session, sign)
  }

  #enqueue(asked: RtspRequest): void {
    this.#noteLife(asked.method)
    const request = hearWrongly(asked, this.#context.facts.faults)
    if (++this.#waiting > WAITING_REQUESTS_MAX) this.#socket.destroy()
    this.#turn = this.#turn
      .then(() => this.#serve(request))
      .catch(() => void this.#socket.destroy())
      .finally(() => this.#waiting--)
  }

  async #serve(request: RtspRequest): Promise<void> {
    if (this.#socket.destroyed) return
    const admitted = this.#context.guard.admit({
      from: this.#socket.remoteAddress ?? '',
      method: request.method,
      target: request.uri,
      authorization: request.headers.get('authorization'),
    })
    const admission = this.#wrong.admit(admitted, request)
    const answer = await this.#wrong.answer(request, admission, () => this.#dialogue.answer(request, admission))
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
    this.#outlet.text(request.method, formatAnswer(request.headers.get('cseq') ?? '0', answer))
    if (this.#socket.destroyed) this.#dialogue.closeUntold(request)
  }

  async #open(choice: TransportChoice, onReport: () => void): Promise<PacketTransport | undefined> {
    if (choice.kind === 'interleaved') {
      const channel = choice.channel ?? this.#nextChannel
      this.#nextChannel = Math.min(channel + 2, 254)
      return new InterleavedTransport(this.#outlet, channel)
    }
    const { rtpPort, rtcpPort } = choice
    const { address, faults } = this.#context.facts
    const ends = { address, client: this.#socket.remoteAddress ?? '', rtpPort, rtcpPort, onReport }
    const transport = await UdpTransport.open(ends)
    return transport && new OtherPort(transport, ends, faults)
  }

  readonly #tick = (nowMs: number): void => {
    const { facts, sessions } = this.#context
    const { session } = this.#dialogue
    if (this.#line.isOver(nowMs, session)) return
    const isSilent = session
      ? sessions.isSilent(session, nowMs)
      : nowMs - this.#heardMs > sessionTimeoutMs(facts.faults)
    if (isSilent && session) sessions.end(session)
    if (isSilent || this.#socket.writableLength > SEND_QUEUE_BYTES_MAX) {
      this.#socket.destroy()
      return
    }
    if (!session) return
    this.#socket.cork()
    sessions.advance(session, nowMs)
    this.#socket.uncork()
  }
}
