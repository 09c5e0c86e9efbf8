import { randomUUID } from 'node:crypto'
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { once } from 'node:events'
import type { FaultSwitches } from '../faults/switches.ts'
import type { Journal } from '../journal/journal.ts'
import {
  type Announcement,
  answers,
  bye,
  hello,
  parseQuestion,
  probeMatches,
  type Question,
  resolveMatches,
} from './messages.ts'
import { announced, datagramsFor } from './wrong.ts'

const GROUP = '239.255.255.250'

/** A longer datagram is no probe. */
const DATAGRAM_BYTES_MAX = 16_384

/** What many say at once is spread over this time, so that no listener drowns (WS-Discovery, 2.4: APP_MAX_DELAY). */
const APP_MAX_DELAY_MS = 500

export interface ResponderOptions {
  readonly address: string
  readonly port: number
  /** Asked each time, as it may change. */
  readonly device: () => Announcement
  readonly journal: Journal
  /** While true the camera hears and says nothing. */
  readonly isSilent: () => boolean
  readonly faults: FaultSwitches
  /** From 0 to below 1; spreads what this camera says to a multicast question. */
  readonly random: () => number
  /** Runs something after that time, unless the fleet has stopped by then. */
  readonly later: (delayMs: number, run: () => void) => void
}

/** One camera's voice in WS-Discovery: its own UDP socket, which answers probes and from which Hello and Bye go out. */
export class Responder implements AsyncDisposable {
  readonly #socket: Socket
  readonly #options: ResponderOptions
  readonly #instance = Math.floor(Date.now() / 1000)
  #message = 0
  #isClosed = false

  /** Throws the bind's own error, EADDRINUSE or EADDRNOTAVAIL, where the address can't be had. */
  static async start(options: ResponderOptions): Promise<Responder> {
    const socket = createSocket('udp4')
    socket.bind(options.port, options.address)
    await once(socket, 'listening')
    return new Responder(socket, options)
  }

  private constructor(socket: Socket, options: ResponderOptions) {
    this.#socket = socket
    this.#options = options
    socket.on('message', (datagram, from) => {
      const question = readDatagram(datagram)
      if (question) this.hear(question, from)
    })
    // A client that is gone answers with ICMP, which Linux reports here: nothing to do.
    socket.on('error', () => {})
  }

  get port(): number {
    return this.#socket.address().port
  }

  /** Answers, after a time of its own, a question that came to the whole group (WS-Discovery, 2.4 and 5.3). */
  hearInGroup(question: Question, from: RemoteInfo): void {
    this.hear(question, from, this.#spreadMs())
  }

  #spreadMs(): number {
    return this.#options.random() * APP_MAX_DELAY_MS
  }

  /** Answers a question, if it means this camera. */
  hear(question: Question, from: RemoteInfo, waitMs = 0): void {
    const { journal, isSilent } = this.#options
    if (isSilent()) return
    const matches = answers(this.#options.device(), question)
    journal.add({
      kind: 'request',
      protocol: 'discovery',
      client: `${from.address}:${from.port}`,
      operation: question.kind === 'probe' ? 'Probe' : 'Resolve',
      authenticated: false,
      credential: 'none',
      status: matches ? 200 : 0,
    })
    if (matches)
      this.#after(waitMs + this.#options.faults.valueOf('discovery-late'), () => this.#answer(question, from))
  }

  #answer(question: Question, to: RemoteInfo): void {
    const { faults } = this.#options
    const device = announced(this.#options.device(), faults)
    const write = question.kind === 'probe' ? probeMatches : resolveMatches
    const text = write(device, question.messageId, this.#next())
    for (const datagram of datagramsFor(text, faults)) this.#socket.send(datagram, to.port, to.address, ignore)
  }

  #after(delayMs: number, run: () => void): void {
    if (delayMs <= 0) run()
    else this.#options.later(delayMs, () => this.#isClosed || run())
  }

  /** Tells the group soon that the camera is there. Where the host has no way to the group, nobody hears it. */
  sayHello(): void {
    const say = () => this.#tellGroup(hello(announced(this.#options.device(), this.#options.faults), this.#next()))
    this.#after(this.#spreadMs(), () => void say())
  }

  async sayBye(): Promise<void> {
    await this.#tellGroup(bye(this.#options.device(), this.#next()))
  }

  async #tellGroup(text: string): Promise<void> {
    if (this.#options.faults.isOn('no-hello')) return
    try {
      // Names the way out, so that it goes through the loopback even where no route leads to the group.
      this.#socket.setMulticastInterface(this.#options.address)
    } catch {
      return
    }
    await new Promise<void>((resolve) => this.#socket.send(text, this.port, GROUP, () => resolve()))
  }

  #next() {
    return { instance: this.#instance, message: ++this.#message, messageId: `urn:uuid:${randomUUID()}` }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true
    await new Promise<void>((resolve) => this.#socket.close(() => resolve()))
  }
}

function ignore(): void {}

/** The group also hears every Hello and Bye of the fleet itself: those aren't worth a parser's time. */
function readDatagram(datagram: Buffer): Question | undefined {
  const mayAsk = datagram.includes('Probe') || datagram.includes('Resolve')
  return mayAsk && datagram.length <= DATAGRAM_BYTES_MAX ? parseQuestion(datagram.toString('utf8')) : undefined
}

/** One socket in the discovery group for a whole fleet: each datagram goes to every camera. */
export class GroupListener implements AsyncDisposable {
  readonly #socket: Socket

  private constructor(socket: Socket) {
    this.#socket = socket
  }

  /** Says undefined where this host doesn't let it join the group on that address: then only unicast probes are answered. */
  static async join(
    address: string,
    port: number,
    responders: () => Iterable<Responder>,
  ): Promise<GroupListener | undefined> {
    const socket = createSocket({ type: 'udp4', reuseAddr: true })
    socket.on('error', ignore)
    try {
      socket.bind(port, GROUP)
      await once(socket, 'listening')
      socket.addMembership(GROUP, address)
    } catch {
      socket.close()
      return undefined
    }
    socket.on('message', (datagram, from) => {
      const question = readDatagram(datagram)
      if (question) for (const responder of responders()) responder.hearInGroup(question, from)
    })
    return new GroupListener(socket)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await new Promise<void>((resolve) => this.#socket.close(() => resolve()))
  }
}
