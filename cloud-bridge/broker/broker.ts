import { createServer, type Server, type Socket } from 'node:net'
import type { AuthenticateError, Client, ConnectPacket, PublishPacket, Subscription } from 'aedes'
import { describeError, LenscapError } from '../../agent/base/errors.ts'
import type { Logger } from '../../agent/base/logger.ts'
import { Id } from '../../agent/protocol/envelope.ts'
import {
  downTopics,
  MESSAGES,
  type MessageName,
  PAYLOAD_BYTES_MAX,
  type PayloadOf,
  parseTopic,
  topicOf,
} from '../../agent/protocol/topics.ts'
import type { Device } from '../devices/devices.ts'
import type { Incoming } from '../ingest/parse.ts'
import { FrameGate } from './frame-gate.ts'
import { type Address, listen } from './listen.ts'
import { QuietAedes } from './quiet-aedes.ts'

// CONNECT with a user name, a password and a will.
const CONNECT_BYTES_MAX = 16_384
const TOPIC_BYTES_MAX = 1024
const CONNECT_TIMEOUT_MS = 10_000
const KEEPALIVE_S_MAX = 1200
// Several grants of the largest size; a device that lets more lie than this does not read.
const UNREAD_BYTES_MAX = 2 * 1024 * 1024
const DRAIN_TIMEOUT_MS = 30_000
const LAST_WORD_MS = 1000
// MQTT 3.1.1, 3.2.2.3: not authorized.
const NOT_AUTHORIZED = 5

export interface BrokerDeps {
  readonly prefix: string
  readonly logger: Logger
  readonly connectionsMax: number
  readonly authenticate: (agent: string, token: string) => Promise<Device | undefined>
  /** Resolves when the message is committed: only then does the PUBACK go out. */
  readonly accept: (message: Incoming & Pick<Device, 'parting'>) => Promise<void>
  /** A device is there and listens to this one of the bridge's topics: send it what it should hold. */
  readonly onListening: (device: Device, name: 'ack' | 'grant' | 'command') => void
  readonly onGone: (device: Device) => void
}

interface Connection {
  readonly device: Device
  readonly client: Client
  readonly listens: Set<MessageName>
  /** Sent, but still on this side of the socket. */
  unreadBytes: number
}

/**
 * The embedded MQTT 3.1.1 broker. A device publishes its own topics and hears its own; nothing is passed on between
 * devices. It keeps no session and no retained message: what a device should hold is in the records, and is sent when it
 * subscribes.
 */
export class Broker implements AsyncDisposable {
  readonly #deps: BrokerDeps
  readonly #aedes: QuietAedes
  readonly #server: Server
  readonly #gates = new WeakMap<Client['conn'], FrameGate>()
  readonly #devices = new WeakMap<Client, Device>()
  readonly #connections = new Map<Id, Connection>()
  readonly #sockets = new Set<Socket>()
  #port = 0

  private constructor(deps: BrokerDeps, aedes: QuietAedes) {
    this.#deps = deps
    this.#aedes = aedes
    this.#server = createServer((socket) => this.#take(socket))
    this.#server.maxConnections = deps.connectionsMax
  }

  /** @throws LenscapError `busy` when the port is taken */
  static async listen(deps: BrokerDeps, address: Address): Promise<Broker> {
    const aedes = await QuietAedes.start({
      connectTimeout: CONNECT_TIMEOUT_MS,
      keepaliveLimit: KEEPALIVE_S_MAX,
      drainTimeout: DRAIN_TIMEOUT_MS,
    })
    const broker = new Broker(deps, aedes)
    broker.#hook()
    try {
      broker.#port = await listen(broker.#server, address)
    } catch (error) {
      await broker[Symbol.asyncDispose]()
      throw error
    }
    return broker
  }

  get port(): number {
    return this.#port
  }

  get connections(): number {
    return this.#connections.size
  }

  /** Sends a message to an agent that is there and has subscribed to it. False: it is not; it will be sent the state when it is. */
  send<Name extends 'ack' | 'grant' | 'command'>(agent: Id, name: Name, payload: PayloadOf<Name>, id?: Id): boolean {
    const connection = this.#connections.get(agent)
    if (!connection?.listens.has(name)) return false
    const text = Buffer.from(JSON.stringify(payload))
    if (connection.unreadBytes + text.length > UNREAD_BYTES_MAX) {
      this.#deps.logger.warn({ agent }, 'cut a connection: the box does not read what it is sent')
      connection.client.conn.destroy()
      return false
    }
    connection.unreadBytes += text.length
    connection.client.publish(
      {
        cmd: 'publish',
        topic: topicOf(this.#deps.prefix, id === undefined ? { agent, name } : { agent, name, id }),
        payload: text,
        qos: 1,
        retain: MESSAGES[name].retained,
        dup: false,
      },
      // A failed write ends the connection by itself.
      () => {
        connection.unreadBytes -= text.length
      },
    )
    return true
  }

  /** Ends a device's connection, for one that may no longer be here. */
  disconnect(agent: Id): void {
    const conn = this.#connections.get(agent)?.client.conn
    if (!conn) return
    // What it was sent last (that nothing is allowed any more, say) still goes; who does not read is cut.
    const timer = setTimeout(() => conn.destroy(), LAST_WORD_MS)
    conn.once('close', () => clearTimeout(timer))
    setImmediate(() => conn.end())
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()))
    await new Promise<void>((resolve) => this.#aedes.close(resolve))
    // Those that never said who they are, or don't read.
    for (const socket of this.#sockets) socket.destroy()
    if (this.#server.listening || this.#sockets.size > 0) await closed
  }

  #take(socket: Socket): void {
    const gate = new FrameGate({
      bytesMaxBefore: CONNECT_BYTES_MAX,
      bytesMaxAfter: PAYLOAD_BYTES_MAX + TOPIC_BYTES_MAX,
    })
    this.#sockets.add(socket)
    socket.once('close', () => this.#sockets.delete(socket))
    socket.setNoDelay(true)
    this.#gates.set(socket, gate)
    // Aedes pulls with read() and keeps an unfinished frame of any size; here each chunk is seen before its parser.
    const read = socket.read.bind(socket)
    socket.read = (size?: number) => {
      const chunk: unknown = read(size)
      if (!(chunk instanceof Uint8Array) || gate.pass(chunk)) return chunk
      this.#deps.logger.warn({ address: socket.remoteAddress }, 'cut a connection: its frame is too large')
      socket.destroy()
      return null
    }
    this.#aedes.handle(socket)
  }

  #hook(): void {
    const { logger, onGone } = this.#deps
    this.#aedes.preConnect = (_, packet, done) => done(null, normalise(packet))
    this.#aedes.authenticate = (client, username, password, done) => {
      this.#authenticate(client, username, password).then(
        (known) => (known ? done(null, true) : done(notAuthorized(), false)),
        () => done(notAuthorized(), false),
      )
    }
    this.#aedes.authorizePublish = (client, packet, done) => {
      this.#publish(client, packet).then(
        () => done(null),
        (error) => done(error instanceof Error ? error : new Error(String(error))),
      )
    }
    this.#aedes.authorizeSubscribe = (client, subscription, done) => done(null, this.#allowed(client, subscription))
    this.#aedes.on('subscribe', (subscriptions, client) => this.#subscribed(subscriptions, client))
    this.#aedes.on('client', (client) => {
      const device = this.#devices.get(client)
      if (device) this.#connections.set(device.agent, { device, client, listens: new Set(), unreadBytes: 0 })
    })
    this.#aedes.on('clientDisconnect', (client) => {
      const device = this.#devices.get(client)
      if (!device || this.#connections.get(device.agent)?.client !== client) return
      this.#connections.delete(device.agent)
      onGone(device)
    })
    const onError = (client: Client, error: Error) =>
      logger.info({ client: client.id ?? '', reason: describeError(error) }, 'an MQTT connection ended')
    this.#aedes.on('clientError', onError)
    this.#aedes.on('connectionError', onError)
  }

  async #authenticate(client: Client, username = '', password?: Buffer): Promise<boolean> {
    const device = await this.#deps.authenticate(username, password?.toString() ?? '')
    if (!device) {
      // What is no id may well be a token in the wrong place.
      const agent = Id.safeParse(username).success ? username : 'none'
      this.#deps.logger.warn({ agent }, 'refused an MQTT connection: id and token do not fit')
      return false
    }
    this.#devices.set(client, device)
    this.#gates.get(client.conn)?.authenticated()
    return true
  }

  /** Rejecting closes the connection: MQTT 3.1.1 has no other way to say no to a publish. */
  async #publish(client: Client | null, packet: PublishPacket): Promise<void> {
    const device = client && this.#devices.get(client)
    const topic = parseTopic(this.#deps.prefix, packet.topic)
    if (!device || topic?.agent !== device.agent || MESSAGES[topic.name].sender !== 'agent') {
      throw new LenscapError('refused', 'A device may publish its own topics only', {
        topic: packet.topic.slice(0, 256),
      })
    }
    if (packet.qos === 2) throw new LenscapError('unsupported', 'QoS 2 is not needed: numbers make QoS 1 exact')
    const payload = Buffer.isBuffer(packet.payload) ? packet.payload : Buffer.from(packet.payload)
    if (payload.length > PAYLOAD_BYTES_MAX) throw new LenscapError('limit', 'The message is too large')
    const { name, id } = topic
    await this.#deps.accept({ ...device, name, payload, ...(id === undefined ? {} : { id }) })
  }

  #allowed(client: Client, subscription: Subscription): Subscription | null {
    const device = this.#devices.get(client)
    const allowed = device && downTopics(this.#deps.prefix, device.agent).includes(subscription.topic)
    return allowed ? subscription : null
  }

  #subscribed(subscriptions: readonly Subscription[], client: Client): void {
    const device = this.#devices.get(client)
    const connection = device && this.#connections.get(device.agent)
    if (connection?.client !== client) return
    for (const { topic } of subscriptions) {
      if (!downTopics(this.#deps.prefix, connection.device.agent).includes(topic)) continue
      const name = parseTopic(this.#deps.prefix, topic.replace('+', connection.device.agent))?.name
      // Once a connection: asking again and again would have the same sent again and again.
      if (name === undefined || connection.listens.has(name)) continue
      connection.listens.add(name)
      if (name === 'ack' || name === 'grant' || name === 'command') this.#deps.onListening(connection.device, name)
    }
  }
}

/**
 * The user name is the client id, whatever the device says: nobody takes over another's connection by its name. No
 * session is kept (MQTT 3.1.1, 3.1.2.4): a device subscribes again each time. And no will: the bridge knows by itself
 * when a connection ends, and a will's figures are as old as the connection.
 */
function normalise(packet: ConnectPacket): boolean {
  packet.clientId = String(packet.username ?? '')
  packet.clean = true
  delete packet.will
  return true
}

function notAuthorized(): AuthenticateError {
  return Object.assign(new Error('id and token do not fit'), { returnCode: NOT_AUTHORIZED })
}
