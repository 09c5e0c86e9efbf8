import type { Socket } from 'node:net'
import { formatAnswer } from './answer.ts'
import type { RtspContext } from './context.ts'
import { RtspDialogue, SESSION_TIMEOUT_S } from './dialogue.ts'
import { InterleavedTransport } from './interleaved.ts'
import { RtspReader, type RtspRequest } from './reader.ts'
import type { PacketTransport, TransportChoice } from './transport.ts'
import { UdpTransport } from './udp.ts'

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
  #heardMs: number
  #waiting = 0
  #turn: Promise<void> = Promise.resolve()
  #nextChannel = 0

  constructor(socket: Socket, context: RtspContext) {
    this.#context = context
    this.#socket = socket
    this.#client = `${socket.remoteAddress}:${socket.remotePort}`
    this.#heardMs = context.facts.now()
    this.#dialogue = new RtspDialogue(context, {
      client: socket.remoteAddress ?? '',
      open: (choice) => this.#open(choice),
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
    this.#noteLife()
    try {
      for (const item of this.#reader.read(chunk)) if (item.kind === 'request') this.#enqueue(item)
    } catch {
      this.#socket.write(formatAnswer('0', { status: 400 }))
      this.#socket.destroySoon()
    }
  }

  #noteLife(): void {
    this.#heardMs = this.#context.facts.now()
  }

  #enqueue(request: RtspRequest): void {
    if (++this.#waiting > WAITING_REQUESTS_MAX) this.#socket.destroy()
    this.#turn = this.#turn
      .then(() => this.#serve(request))
      .catch(() => void this.#socket.destroy())
      .finally(() => this.#waiting--)
  }

  async #serve(request: RtspRequest): Promise<void> {
    if (this.#socket.destroyed) return
    const admission = this.#context.guard.admit({
      from: this.#socket.remoteAddress ?? '',
      method: request.method,
      target: request.uri,
      authorization: request.headers.get('authorization'),
    })
    const answer = await this.#dialogue.answer(request, admission)
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
    this.#socket.write(formatAnswer(request.headers.get('cseq') ?? '0', answer))
    // Ports that were opened while the client left have nobody to close them but us.
    if (this.#socket.destroyed) this.#dialogue.close()
  }

  async #open(choice: TransportChoice): Promise<PacketTransport | undefined> {
    if (choice.kind === 'interleaved') {
      const channel = choice.channel ?? this.#nextChannel
      this.#nextChannel = Math.min(channel + 2, 254)
      return new InterleavedTransport(this.#socket, channel)
    }
    const { rtpPort, rtcpPort } = choice
    const ends = { address: this.#context.facts.address, client: this.#socket.remoteAddress ?? '', rtpPort, rtcpPort }
    return await UdpTransport.open({ ...ends, onReport: () => this.#noteLife() })
  }

  readonly #tick = (nowMs: number): void => {
    const { facts } = this.#context
    const { session } = this.#dialogue
    const isSilent = nowMs - this.#heardMs > SESSION_TIMEOUT_S * 1000
    if (isSilent || this.#socket.writableLength > SEND_QUEUE_BYTES_MAX) {
      this.#socket.destroy()
      return
    }
    if (facts.faults.isOn('rtsp-stall')) session?.skip(nowMs)
    this.#socket.cork()
    session?.advance(nowMs, Math.round(facts.cameraNow() - facts.now()))
    this.#socket.uncork()
  }
}
