import { Bell } from '../base/bell.ts'
import type { Clock } from '../base/clock.ts'
import { describeError, errorKind, LenscapError } from '../base/errors.ts'
import { LinkedController } from '../base/linked-controller.ts'
import type { Logger } from '../base/logger.ts'
import { keepRunning, type RetryPolicy } from '../base/retry.ts'
import type { Ack } from '../protocol/bridge.ts'
import type { Id } from '../protocol/envelope.ts'
import { downTopics, MESSAGES, type NumberedName, topicOf } from '../protocol/topics.ts'
import type { Spool } from '../spool/spool.ts'
import { type BrokerAccess, type Connection, openConnection } from './connection.ts'
import { Drain, type DrainDeps, type DrainLimits } from './drain.ts'
import { clearForgotten, type ForgottenCameras } from './forgotten.ts'
import type { Claimed } from './identity.ts'
import { type DownHandlers, Inbox } from './inbox.ts'
import { keepPresent, type StatusFacts, statusText } from './presence.ts'
import { fitting, StuckMessage } from './stuck.ts'

/** Told at each change. `error` says why the last connection ended. Counts are since the start of the process. */
export interface TransportState {
  readonly connected: boolean
  readonly error: unknown
  /** Messages from the broker that were none of ours. */
  readonly junk: number
  /** How often the bridge's silence made the box send again. */
  readonly resends: number
}

export interface TransportLimits extends DrainLimits {
  readonly connectTimeoutMs: number
  readonly keepaliveS: number
  /** How long to wait after subscribing for the retained acknowledgement, before anything is sent again. */
  readonly ackGraceMs: number
  /** How long saying goodbye may take. */
  readonly farewellMs: number
  /** A refused token is tried again no sooner than this. */
  readonly refusedDelayMs: number
  readonly retry: RetryPolicy
}

export interface TransportOptions {
  readonly identity: Pick<Claimed, 'agent' | 'prefix'>
  readonly broker: BrokerAccess
  /** `bridge`: it acknowledges and commands. `broker`: there is none; a PUBACK counts, and nothing is listened to. */
  readonly settledBy: DrainDeps['settledBy']
  readonly spool: Spool
  readonly status: () => StatusFacts
  readonly handlers: DownHandlers
  /** Cameras of which the broker should hold nothing any more. */
  readonly forgotten?: ForgottenCameras
  readonly onState: (state: TransportState) => void
  /** The broker took a message with so many bytes of payload. */
  readonly onPublished?: (name: string, bytes: number) => void
  readonly clock: Clock
  readonly random: () => number
  readonly logger: Logger
  readonly signal: AbortSignal
  readonly limits?: Partial<TransportLimits>
}

const LIMITS: TransportLimits = {
  windowMax: 64,
  unackedMax: 2000,
  ackTimeoutMs: 10_000,
  ackTimeoutMsMax: 300_000,
  pubackTimeoutMs: 20_000,
  connectTimeoutMs: 10_000,
  keepaliveS: 30,
  ackGraceMs: 500,
  farewellMs: 2000,
  refusedDelayMs: 60_000,
  retry: { firstDelayMs: 500, delayMsMax: 60_000, steadyAfterMs: 30_000 },
}

/** Who asked waits no longer for a reply. */
const REPLY_EXPIRY_S = 120

/** What outlives one connection. */
interface Memory {
  readonly commandsDone: Set<Id>
  readonly stuck: StuckMessage
  junk: number
  resends: number
}

/** Keeps the box connected and its spool draining until the signal fires; then says goodbye and returns. Never throws. */
export async function runTransport(options: TransportOptions): Promise<void> {
  const { clock, random, logger, signal, onState } = options
  const limits = { ...LIMITS, ...options.limits }
  const memory: Memory = { commandsDone: new Set(), stuck: new StuckMessage(), junk: 0, resends: 0 }
  const work = async () => {
    try {
      await runSession(options, limits, memory)
    } catch (error) {
      onState({ connected: false, error, junk: memory.junk, resends: memory.resends })
      if (errorKind(error) === 'refused') await clock.sleep(limits.refusedDelayMs, signal)
      throw error
    }
  }
  const onError = (error: unknown, nextAttemptMs: number) =>
    logger.warn({ reason: describeError(error), nextAttemptMs }, 'The connection to the broker has ended')
  await keepRunning(work, limits.retry, { clock, random, signal, onError })
  onState({ connected: false, error: undefined, junk: memory.junk, resends: memory.resends })
}

/** One connection's life: birth, subscription, the spool; and the farewell when told to stop. Throws why it ended. */
async function runSession(options: TransportOptions, limits: TransportLimits, memory: Memory): Promise<void> {
  const { identity, spool, clock, logger, signal, status, settledBy } = options
  const { agent, prefix } = identity
  using over = new LinkedController(signal)
  const stop = over.signal
  const publish = publishOver(options, () => connection)
  const tell = (online: boolean, facts: StatusFacts) =>
    publish('status', undefined, statusText(facts, online, clock.nowMs()))
  const ackSeen = new Bell(clock)
  const onAck = (ack: Ack) => {
    if (ack.stream === spool.stream) ackSeen.ring()
    drain.onAck(ack)
  }
  const reply = (id: Id, payload: string) => publish('reply', id, payload)
  const inbox = new Inbox({ ...options, prefix, agent, onAck, reply, signal: stop }, memory.commandsDone)
  const born = status()
  const connection = await connect(options, limits, statusText(born, false, clock.nowMs()), inbox)
  const windowMax = memory.stuck.window(Math.min(limits.windowMax, connection.inFlightMax))
  const send: DrainDeps['publish'] = (message) => {
    const topic = topicOf(prefix, { agent, name: message.name, ...(message.id !== undefined && { id: message.id }) })
    const { name, id, payload } = fitting(message, topic, connection.packetBytesMax, spool)
    return publish(name, id, payload)
  }
  const drain = new Drain({ spool, clock, logger, limits: { ...limits, windowMax }, publish: send, settledBy })
  const ended = connection.ended.then((error) => {
    over.abort()
    throw error
  })
  const live = async () => {
    await tell(true, born)
    // On a broker of the owner's alone, whoever may publish there is not therefore this box's master.
    if (settledBy === 'bridge') await connection.subscribe(downTopics(prefix, agent))
    options.onState({ connected: true, error: undefined, junk: memory.junk, resends: memory.resends })
    logger.info({ agent }, 'Connected to the broker')
    if (settledBy === 'bridge' && spool.oldest() !== undefined) await ackSeen.wait(limits.ackGraceMs)
    const presence = { status, clock, born, signal: stop, publish: (facts: StatusFacts) => tell(true, facts) }
    const clear = (name: 'camera-info' | 'camera-health', camera: Id) =>
      connection.publish(topicOf(prefix, { agent, name, id: camera }), '', true)
    const clearing = clearForgotten({
      ...{ spool, settledBy, clock, clear },
      forgotten: options.forgotten,
      signal: stop,
    })
    await Promise.all([drain.run(stop), keepPresent(presence), clearing])
  }
  const living = live()
  try {
    await Promise.race([ended, living, whenAborted(signal, stop)])
    await farewell(connection, clock, () => tell(false, status()), limits.farewellMs)
  } finally {
    over.abort()
    connection.cut()
    await Promise.allSettled([ended, living])
    if (!signal.aborted) memory.stuck.ended(spool, drain.unconfirmed)
    memory.junk += inbox.junk
    memory.resends += drain.resends
  }
}

type Publish = (name: NumberedName | 'reply' | 'status', id: Id | undefined, payload: string) => Promise<void>

function publishOver({ identity, onPublished }: TransportOptions, connection: () => Connection): Publish {
  const { agent, prefix } = identity
  return async (name, id, payload) => {
    const topic = topicOf(prefix, id ? { agent, name, id } : { agent, name })
    const expiryS = name === 'reply' ? REPLY_EXPIRY_S : undefined
    await connection().publish(topic, payload, MESSAGES[name].retained, expiryS)
    onPublished?.(name, Buffer.byteLength(payload))
  }
}

/** Resolves when the signal fires; forgotten when `end` does. */
function whenAborted(signal: AbortSignal, end: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true, signal: end }))
}

async function connect(
  options: TransportOptions,
  limits: TransportLimits,
  will: string,
  inbox: Inbox,
): Promise<Connection> {
  const { identity, broker, signal, settledBy } = options
  try {
    return await openConnection({
      ...broker,
      connectTimeoutMs: limits.connectTimeoutMs,
      keepaliveS: limits.keepaliveS,
      will: { topic: topicOf(identity.prefix, { agent: identity.agent, name: 'status' }), payload: will },
      onMessage: (topic, payload, retained) => inbox.take(topic, payload, retained),
      signal,
    })
  } catch (error) {
    if (settledBy === 'broker' || !isRefusedToken(error)) throw error
    const advice = "The broker refuses this box's token: have the box claimed again"
    throw new LenscapError('refused', advice, error.facts, error.cause)
  }
}

/** CONNACK codes that say "not with these credentials" (MQTT 3.1.1, 3.2.2.3; MQTT 5, 3.2.2.2). */
const isRefusedToken = (error: unknown): error is LenscapError =>
  error instanceof LenscapError && [4, 5, 134, 135].includes(Number(error.facts['code']))

/** Says that the box goes, so that nobody waits for the will; a broker that is slow about it is left. */
async function farewell(connection: Connection, clock: Clock, say: () => Promise<void>, deadlineMs: number) {
  const said = new AbortController()
  const saying = say()
    .catch(() => {})
    .finally(() => said.abort())
  await Promise.race([saying, clock.sleep(deadlineMs, said.signal).catch(() => {})])
  await connection.end(deadlineMs)
}
