import type { IClientOptions, MqttClient } from 'mqtt'
import library from 'mqtt/lib/client'
import { LenscapError } from '../base/errors.ts'
import type { Secret } from '../base/secret.ts'
import { PAYLOAD_BYTES_MAX } from '../protocol/topics.ts'
import { connectionError } from './reasons.ts'
import { streamMaker, type TlsOptions } from './streams.ts'

/** Where a broker is, and who this box is there. */
export interface BrokerAccess {
  /** mqtt, mqtts, ws or wss. */
  readonly url: string
  readonly clientId: string
  readonly username: string | undefined
  readonly password: Secret | undefined
  /** 4: MQTT 3.1.1, which every broker speaks. */
  readonly protocolVersion: 4 | 5
  readonly tls: TlsOptions | undefined
}

export interface ConnectionOptions extends BrokerAccess {
  readonly connectTimeoutMs: number
  readonly keepaliveS: number
  /** What the broker tells for a box that fell silent; nothing where absent. */
  readonly will?: { readonly topic: string; readonly payload: string }
  readonly onMessage: (topic: string, payload: Buffer, retained: boolean) => void
  /** Gives up connecting; later it does nothing: who holds the connection ends it. */
  readonly signal: AbortSignal
}

/** One connection to a broker, from its CONNACK to its end. It never reconnects and stores nothing. */
export interface Connection {
  /**
   * Resolves with the broker's PUBACK (QoS 1). Rejects when the connection ends first.
   * @param expiryS where the broker speaks MQTT 5, it lets go of a message that waited longer for somebody
   */
  publish(topic: string, payload: string | Buffer, retain: boolean, expiryS?: number): Promise<void>
  /** Resolves with the SUBACK (QoS 1). */
  subscribe(topics: string[]): Promise<void>
  /** So many messages the broker takes at once (MQTT 5, 3.2.2.3.3). */
  readonly inFlightMax: number
  /** No packet may be larger, where the broker says so (MQTT 5, 3.2.2.3.6). */
  readonly packetBytesMax: number
  /** Resolves with the reason when the connection has ended, whoever ended it. */
  readonly ended: Promise<LenscapError>
  /** Says DISCONNECT, so that the will stays unsent, and closes; after the deadline it cuts. */
  end(deadlineMs: number): Promise<void>
  /** Closes at once, without a word: the broker sends the will. */
  cut(): void
}

type BrokerLimits = Pick<Connection, 'inFlightMax' | 'packetBytesMax'>

const TOPIC_BYTES_MAX = 4096
const FRAME_BYTES_MAX = PAYLOAD_BYTES_MAX + TOPIC_BYTES_MAX
/** Commands are few: a broker need not hand out more at once. */
const RECEIVE_MAX = 32
const IN_FLIGHT_MAX = 65_535

/**
 * Connects and waits for the CONNACK. The session is a clean one: what must survive is retained or in the spool, and a
 * command that was missed is void, so that a broker need keep nothing for a box that is away.
 * @throws LenscapError `refused` for wrong credentials or certificates, else `unreachable`, `timeout`, `busy`, `invalid`
 */
export async function openConnection(options: ConnectionOptions): Promise<Connection> {
  const { url, tls } = options
  const { promise: ended, resolve: end } = Promise.withResolvers<LenscapError>()
  // The first thing told is the reason; a later `close` only follows from it.
  const onFailure = (cause: unknown) => end(connectionError(url, cause))
  const make = await streamMaker({ url, tls, frameBytesMax: FRAME_BYTES_MAX, onFailure })
  options.signal.throwIfAborted()
  const common = clientOptions(options)
  const client = new library.default((self) => make(self, common), common)
  client.on('error', onFailure)
  client.on('disconnect', ({ reasonCode }) => onFailure(Object.assign(new Error('DISCONNECT'), { code: reasonCode })))
  client.on('close', () => onFailure(undefined))
  client.on('message', (topic, payload, packet) => options.onMessage(topic, payload, packet.retain))
  const cut = () => {
    client.end(true)
    end(new LenscapError('cancelled', 'The connection to the broker was closed by the box'))
  }
  options.signal.addEventListener('abort', cut, { once: true })
  try {
    const connected = new Promise<BrokerLimits>((resolve) =>
      client.on('connect', ({ properties }) => {
        const { receiveMaximum = IN_FLIGHT_MAX, maximumPacketSize = Number.POSITIVE_INFINITY } = properties ?? {}
        resolve({ inFlightMax: receiveMaximum, packetBytesMax: maximumPacketSize })
      }),
    )
    const outcome = await Promise.race([connected, ended])
    if (outcome instanceof LenscapError) throw outcome
    return wrap(client, url, outcome, ended, cut)
  } catch (error) {
    cut()
    throw error
  } finally {
    options.signal.removeEventListener('abort', cut)
  }
}

function clientOptions(options: ConnectionOptions): IClientOptions {
  const { clientId, username, password, protocolVersion, will } = options
  return {
    clientId,
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password: password.reveal() }),
    protocolVersion,
    ...(protocolVersion === 5 && { properties: { receiveMaximum: RECEIVE_MAX, maximumPacketSize: FRAME_BYTES_MAX } }),
    clean: true,
    keepalive: options.keepaliveS,
    connectTimeout: options.connectTimeoutMs,
    ...(will && { will: { topic: will.topic, payload: Buffer.from(will.payload), qos: 1, retain: true } }),
    // The spool, the window and the one retry loop are ours.
    reconnectPeriod: 0,
    queueQoSZero: false,
    // A buffer for each number up to 65,535, made in advance, is 7 MB of an idle box.
    writeCache: false,
    resubscribe: false,
  }
}

function wrap(
  client: MqttClient,
  url: string,
  { inFlightMax, packetBytesMax }: BrokerLimits,
  ended: Promise<LenscapError>,
  cut: () => void,
): Connection {
  const pending = new Set<(error: Error) => void>()
  void ended.then((error) => {
    for (const reject of pending) reject(error)
    pending.clear()
  })
  const isFive = client.options.protocolVersion === 5
  /** The library forgets what waits for a PUBACK when the connection closes; here each wait ends. */
  const answered = (start: (done: (error?: Error | null) => void) => void) =>
    new Promise<void>((resolve, reject) => {
      pending.add(reject)
      start((error) => {
        pending.delete(reject)
        if (error) reject(connectionError(url, error))
        else resolve()
      })
    })
  return {
    ended,
    cut,
    inFlightMax,
    packetBytesMax,
    publish: (topic, payload, retain, expiryS) => {
      const expiry = isFive && expiryS !== undefined && { properties: { messageExpiryInterval: expiryS } }
      return answered((done) => client.publish(topic, payload, { qos: 1, retain, ...expiry }, (error) => done(error)))
    },
    subscribe: (topics) => answered((done) => client.subscribe(topics, { qos: 1 }, (error) => done(error))),
    end: async (deadlineMs) => {
      const timer = setTimeout(cut, deadlineMs)
      await new Promise<void>((resolve) => {
        void ended.then(() => resolve())
        client.end(false, () => resolve())
      })
      clearTimeout(timer)
      cut()
    },
  }
}
