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

export interface ResponderOptions {
  readonly address: string
  readonly port: number
  /** Asked each time, as it may change. */
  readonly device: () => Announcement
  readonly journal: Journal
  /** While true the camera hears and says nothing. */
  readonly isSilent: () => boolean
  readonly faults: FaultSwitches
}

/** One camera's voice in WS-Discovery: its own UDP socket, which answers probes and from which Hello and Bye go out. */
export class Responder implements AsyncDisposable {
  readonly #socket: Socket
  readonly #options: ResponderOptions
  readonly #instance = Math.floor(Date.now() / 1000)
  readonly #late = new Set<NodeJS.Timeout>()
  #message = 0

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

  /** Answers a question, also one that came by the group's socket, if it means this camera. */
  hear(question: Question, from: RemoteInfo): void {
    const { journal, isSilent } = this.#options
    if (isSilent()) return
    const device = announced(this.#options.device(), this.#options.faults)
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
    if (!matches) return
    const write = question.kind === 'probe' ? probeMatches : resolveMatches
    this.#send(write(device, question.messageId, this.#next()), from)
  }

  #send(text: string, to: RemoteInfo): void {
    const { faults } = this.#options
    const send = () => {
      for (const datagram of datagramsFor(text, faults)) this.#socket.send(datagram, to.port, to.address, ignore)
    }
    if (!faults.isOn('discovery-late')) {
      send()
      return
    }
    const timer = setTimeout(() => {
      this.#late.delete(timer)
      send()
    }, faults.valueOf('discovery-late'))
    this.#late.add(timer)
  }

  /** Tells the group that the camera is there. Where the host has no way to the group, nobody hears it. */
  async sayHello(): Promise<void> {
    await this.#tellGroup(hello(announced(this.#options.device(), this.#options.faults), this.#next()))
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
    for (const timer of this.#late) clearTimeout(timer)
    await new Promise<void>((resolve) => this.#socket.close(() => resolve()))
  }
}

function ignore(): void {}

function readDatagram(datagram: Buffer): Question | undefined {
  return datagram.length > DATAGRAM_BYTES_MAX ? undefined : parseQuestion(datagram.toString('utf8'))
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
      if (question) for (const responder of responders()) responder.hear(question, from)
    })
    return new GroupListener(socket)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await new Promise<void>((resolve) => this.#socket.close(() => resolve()))
  }
}
