import type { Clock } from '../base/clock.ts'
import { describeError, errorKind } from '../base/errors.ts'
import { LinkedController } from '../base/linked-controller.ts'
import type { Logger } from '../base/logger.ts'
import { keepRunning, type RetryPolicy } from '../base/retry.ts'
import type { Id } from '../protocol/envelope.ts'
import { type BrokerAccess, type Connection, openConnection } from '../transport/connection.ts'
import type { Mirror } from './mirror.ts'
import { agentTopic, birthTopic } from './topics.ts'

export interface LinkDeps {
  readonly agent: Id
  readonly broker: BrokerAccess
  readonly discoveryPrefix: string
  readonly clock: Clock
  readonly random: () => number
  readonly logger: Logger
}

export interface LinkLimits {
  readonly connectTimeoutMs: number
  readonly retry: RetryPolicy
}

const KEEPALIVE_S = 60
const FAREWELL_MS = 2000

/** The connection to Home Assistant's broker, made again whenever it ends. */
export class Link {
  readonly #deps: LinkDeps
  readonly #mirror: Mirror
  readonly #limits: LinkLimits
  #connection: Connection | undefined

  constructor(deps: LinkDeps, mirror: Mirror, limits: LinkLimits) {
    this.#deps = deps
    this.#mirror = mirror
    this.#limits = limits
  }

  /** While it stands and all retained is being told. */
  get connection(): Connection | undefined {
    return this.#connection
  }

  /** `stay`: until the signal fires. `leave`: until all is told, or the signal fires. Never throws. */
  async run(signal: AbortSignal, manner: 'stay' | 'leave'): Promise<void> {
    const { clock, random, logger } = this.#deps
    using over = new LinkedController(signal)
    const work = async () => {
      await this.#session(over.signal, manner)
      if (manner === 'leave') over.abort()
    }
    const onError = (error: unknown, nextAttemptMs: number) => {
      const facts = { reason: describeError(error), kind: errorKind(error), nextAttemptMs }
      logger.warn(facts, "The connection to Home Assistant's broker has ended")
    }
    await keepRunning(work, this.#limits.retry, { clock, random, signal: over.signal, onError })
  }

  /** One connection's life. Throws why it ended. */
  async #session(signal: AbortSignal, manner: 'stay' | 'leave'): Promise<void> {
    const { agent, clock } = this.#deps
    using over = new LinkedController(signal)
    const connection = await this.#connect(signal)
    const ended = connection.ended.then((error) => {
      over.abort()
      throw error
    })
    ended.catch(() => {}) // raced below
    try {
      if (manner === 'stay') await this.#arrive(connection)
      this.#mirror.renew()
      await Promise.race([this.#mirror.run(connection.publish, over.signal, manner === 'leave'), ended])
      if (manner === 'stay') {
        const farewell = connection.publish(agentTopic(agent), 'offline', true).catch(() => {})
        await Promise.race([farewell, clock.sleep(FAREWELL_MS)])
      }
      await connection.end(FAREWELL_MS)
    } finally {
      this.#connection = undefined
      connection.cut()
    }
  }

  #connect(signal: AbortSignal): Promise<Connection> {
    const { agent, broker, discoveryPrefix } = this.#deps
    const birth = birthTopic(discoveryPrefix)
    return openConnection({
      ...broker,
      connectTimeoutMs: this.#limits.connectTimeoutMs,
      keepaliveS: KEEPALIVE_S,
      will: { topic: agentTopic(agent), payload: 'offline' },
      onMessage: (topic, payload) => {
        if (topic === birth && payload.toString() === 'online') this.#mirror.renew()
      },
      signal,
    })
  }

  async #arrive(connection: Connection): Promise<void> {
    const { agent, discoveryPrefix } = this.#deps
    await connection.publish(agentTopic(agent), 'online', true)
    await connection.subscribe([birthTopic(discoveryPrefix)])
    this.#connection = connection
  }
}
