import mqtt, { type IClientOptions, type MqttClient } from 'mqtt'
import { errorKind, LenscapError } from '../base/errors.ts'
import type { Secret } from '../base/secret.ts'

/** What proves the broker to the box, and the box to the broker. There is no way to switch the check off. */
export interface TlsOptions {
  readonly ca?: string | Buffer
  readonly cert?: string | Buffer
  readonly key?: string | Buffer
  readonly servername?: string
}

export interface ConnectionOptions {
  /** mqtt, mqtts, ws or wss. */
  readonly url: string
  readonly clientId: string
  readonly token: Secret
  /** 4: MQTT 3.1.1, which every broker speaks. */
  readonly protocolVersion: 4 | 5
  readonly tls: TlsOptions | undefined
  readonly connectTimeoutMs: number
  readonly keepaliveS: number
  readonly will: { readonly topic: string; readonly payload: string }
  readonly onMessage: (topic: string, payload: Buffer, retained: boolean) => void
  /** Gives up connecting; later it does nothing: who holds the connection ends it. */
  readonly signal: AbortSignal
}

/** One connection to a broker, from its CONNACK to its end. It never reconnects and stores nothing. */
export interface Connection {
  /** Resolves with the broker's PUBACK (QoS 1). Rejects when the connection ends first. */
  publish(topic: string, payload: string, retain: boolean): Promise<void>
  /** Resolves with the SUBACK (QoS 1). */
  subscribe(topics: string[]): Promise<void>
  /** Resolves with the reason when the connection has ended, whoever ended it. */
  readonly ended: Promise<LenscapError>
  /** Says DISCONNECT, so that the will stays unsent, and closes; after the deadline it cuts. */
  end(deadlineMs: number): Promise<void>
  /** Closes at once, without a word: the broker sends the will. */
  cut(): void
}

const PROTOCOLS = ['mqtt', 'mqtts', 'ws', 'wss'] as const

/**
 * Connects and waits for the CONNACK. The session is a clean one: what must survive is retained or in the spool, and a
 * command that was missed is void, so that a broker need keep nothing for a box that is away.
 * @throws LenscapError `refused` for a wrong token, else `unreachable`, `timeout`, `invalid` for a bad address
 */
export async function openConnection(options: ConnectionOptions): Promise<Connection> {
  const { url } = options
  const client = mqtt.connect({ ...placeOf(url), ...clientOptions(options) })
  const { promise: ended, resolve: end } = Promise.withResolvers<LenscapError>()
  // The first thing told is the reason; a later `close` only follows from it.
  client.on('error', (cause) => end(connectionError(url, cause)))
  client.on('disconnect', () => end(connectionError(url, undefined)))
  client.on('close', () => end(connectionError(url, undefined)))
  client.on('message', (topic, payload, packet) => options.onMessage(topic, payload, packet.retain))
  const cut = () => {
    client.end(true)
    end(new LenscapError('cancelled', 'The connection to the broker was closed by the box'))
  }
  options.signal.addEventListener('abort', cut, { once: true })
  try {
    const connected = new Promise<undefined>((resolve) => client.on('connect', () => resolve(undefined)))
    if (options.signal.aborted) cut()
    const failure = await Promise.race([connected, ended])
    if (failure) throw failure
    return wrap(client, ended, cut)
  } catch (error) {
    cut()
    throw error
  } finally {
    options.signal.removeEventListener('abort', cut)
  }
}

/** Read here, since the library reads addresses by the deprecated url.parse, and takes a user and a client id out of them. */
function placeOf(url: string): IClientOptions {
  const { protocol: scheme, hostname: bracketed, port, pathname, search } = new URL(url)
  const protocol = PROTOCOLS.find((each) => scheme === `${each}:`)
  if (protocol === undefined) {
    throw new LenscapError('invalid', `The broker's address must begin with mqtt, mqtts, ws or wss`, { url })
  }
  const isWebSocket = protocol.startsWith('ws')
  const hostname = isWebSocket ? bracketed : bracketed.replace(/^\[|\]$/g, '')
  const path = isWebSocket ? { path: `${pathname || '/'}${search}` } : {}
  return { protocol, hostname, host: hostname, ...(port !== '' && { port: Number(port) }), ...path }
}

function clientOptions(options: ConnectionOptions): IClientOptions {
  const { clientId, token, protocolVersion, tls, will } = options
  return {
    ...tls,
    clientId,
    username: clientId,
    password: token.reveal(),
    protocolVersion,
    clean: true,
    keepalive: options.keepaliveS,
    connectTimeout: options.connectTimeoutMs,
    will: { topic: will.topic, payload: Buffer.from(will.payload), qos: 1, retain: true },
    // The spool, the window and the one retry loop are ours.
    reconnectPeriod: 0,
    queueQoSZero: false,
    resubscribe: false,
  }
}

function wrap(client: MqttClient, ended: Promise<LenscapError>, cut: () => void): Connection {
  const pending = new Set<(error: Error) => void>()
  void ended.then((error) => {
    for (const reject of pending) reject(error)
    pending.clear()
  })
  /** The library forgets what waits for a PUBACK when the connection closes; here each wait ends. */
  const answered = (start: (done: (error?: Error | null) => void) => void) =>
    new Promise<void>((resolve, reject) => {
      pending.add(reject)
      start((error) => {
        pending.delete(reject)
        if (error) reject(error)
        else resolve()
      })
    })
  return {
    ended,
    cut,
    publish: (topic, payload, retain) =>
      answered((done) => client.publish(topic, payload, { qos: 1, retain }, (error) => done(error))),
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

// CONNACK codes (MQTT 3.1.1, 3.2.2.3; MQTT 5, 3.2.2.2) that say "not with these credentials".
const REFUSALS = [4, 5, 134, 135, 138]

function connectionError(url: string, cause: Error | undefined): LenscapError {
  const code = cause && 'code' in cause ? Number(cause.code) : 0
  const facts = { url: new URL(url).host }
  if (REFUSALS.includes(code)) {
    return new LenscapError('refused', "The broker refuses this box's token: have the box claimed again", facts, cause)
  }
  const timedOut = cause !== undefined && (errorKind(cause) === 'timeout' || /timeout|timed out/i.test(cause.message))
  if (timedOut) return new LenscapError('timeout', 'The broker answers too slowly', facts, cause)
  return new LenscapError('unreachable', 'The connection to the broker has ended', facts, cause)
}
