import { Bell } from '../base/bell.ts'
import type { Clock } from '../base/clock.ts'
import { LenscapError } from '../base/errors.ts'
import type { Logger } from '../base/logger.ts'
import type { Ack } from '../protocol/bridge.ts'
import type { Spool, StoredMessage } from '../spool/spool.ts'
import { highestIn, isAhead, settledUpTo } from './ack.ts'

export interface DrainLimits {
  /** Messages on their way to the broker at once. */
  readonly windowMax: number
  /** Messages sent ahead of the bridge's acknowledgement at most: so much is sent again at worst. */
  readonly unackedMax: number
  /** How long the bridge may be silent about what the broker took, before it is sent again; doubles while it stays so. */
  readonly ackTimeoutMs: number
  readonly ackTimeoutMsMax: number
  /** How long the broker may be silent about what was sent to it, before the connection counts as dead. */
  readonly pubackTimeoutMs: number
}

export interface DrainDeps {
  readonly spool: Pick<Spool, 'stream' | 'newest' | 'oldest' | 'read' | 'trim' | 'renew' | 'onAppended'>
  readonly clock: Clock
  readonly logger: Logger
  readonly limits: DrainLimits
  /** Resolves with the broker's PUBACK. */
  readonly publish: (message: StoredMessage) => Promise<void>
  /**
   * Whose word lets the box forget a message. `bridge`: its own acknowledgement, after its commit. `broker`: the PUBACK,
   * where there is no bridge; that is no promise, since brokers lose what they took, so it is the last resort.
   */
  readonly settledBy: 'bridge' | 'broker'
}

const NO_ACK = { ahead: [] }

/** Sends the spool over one connection, in order and pipelined, and again what the bridge does not acknowledge. */
export class Drain {
  readonly #deps: DrainDeps
  readonly #bell: Bell
  #stream: string
  /** All up to this number is gone from the spool, as of the last look. */
  #settled: number
  #ack: Pick<Ack, 'ahead'> = NO_ACK
  /** The highest number handed to the broker in this pass. */
  #sent: number
  #inFlight = 0
  /** Where the broker's word counts: what it has not confirmed yet, in order. */
  readonly #unconfirmed = new Set<number>()
  #failure: unknown
  /** Since when the bridge owes an acknowledgement of what the broker took; undefined: it owes none. Monotonic. */
  #owedSinceMs: number | undefined
  #pubackAtMs = 0
  #ackTimeoutMs: number
  #resends = 0

  constructor(deps: DrainDeps) {
    this.#deps = deps
    this.#bell = new Bell(deps.clock)
    this.#stream = deps.spool.stream
    this.#settled = settledIn(deps.spool)
    this.#sent = this.#settled
    this.#ackTimeoutMs = deps.limits.ackTimeoutMs
  }

  /** How often the bridge's silence made it send again. */
  get resends(): number {
    return this.#resends
  }

  /** The first message of this connection that the broker has not confirmed. */
  get unconfirmed(): number | undefined {
    const [first] = this.#unconfirmed
    return first
  }

  /** Takes the bridge's acknowledgement and lets go of what it has committed. @throws what the disk throws */
  onAck(ack: Ack): void {
    const { spool, clock, limits } = this.#deps
    if (ack.stream !== spool.stream) return
    if (highestIn(ack) > spool.newest) {
      // A disk that lied about its writes: these numbers were sent in a past that the box no longer knows.
      spool.renew()
      this.#bell.ring()
      return
    }
    this.#ack = ack
    const before = settledIn(spool)
    const settled = settledUpTo(ack, before + 1)
    if (settled > before) {
      spool.trim(ack.stream, settled)
      this.#settled = settled
      this.#sent = Math.max(this.#sent, settled)
      this.#ackTimeoutMs = limits.ackTimeoutMs
      this.#owedSinceMs = this.#sent > settled ? clock.monotonicMs() : undefined
    }
    this.#bell.ring()
  }

  /** Runs until the signal fires. @throws LenscapError `timeout` when the broker is silent; what `publish` threw */
  async run(signal: AbortSignal): Promise<void> {
    const stop = this.#deps.spool.onAppended(this.#bell.ring)
    signal.addEventListener('abort', this.#bell.ring)
    try {
      while (!signal.aborted) {
        if (this.#failure) throw this.#failure
        if (this.#deps.settledBy === 'broker') this.#forgetConfirmed()
        this.#beginAgainWhereDue()
        if (this.#sendMore() === 0) await this.#bell.wait(this.#untilDeadlineMs())
      }
    } finally {
      stop()
      signal.removeEventListener('abort', this.#bell.ring)
    }
  }

  /** All that the broker confirmed since the last turn goes in one commit. */
  #forgetConfirmed(): void {
    const { spool } = this.#deps
    const [first] = this.#unconfirmed
    const confirmed = first === undefined ? this.#sent : first - 1
    if (this.#stream === spool.stream && confirmed > this.#settled) spool.trim(this.#stream, confirmed)
  }

  /** A new life of the spool, or the bridge's silence, sends the pass back to the first unacknowledged message. */
  #beginAgainWhereDue(): void {
    const { spool, clock, limits, logger } = this.#deps
    const nowMs = clock.monotonicMs()
    this.#settled = settledIn(spool)
    this.#sent = Math.max(this.#sent, this.#settled)
    if (this.#stream !== spool.stream) {
      this.#stream = spool.stream
      this.#ack = NO_ACK
      this.#sent = this.#settled
      this.#owedSinceMs = undefined
      this.#unconfirmed.clear()
    }
    if (this.#inFlight > 0 && nowMs - this.#pubackAtMs >= limits.pubackTimeoutMs) {
      throw new LenscapError('timeout', 'The broker takes no messages any more', { inFlight: this.#inFlight })
    }
    if (this.#owedSinceMs === undefined || nowMs - this.#owedSinceMs < this.#ackTimeoutMs) return
    const from = this.#settled + 1
    logger.warn(
      { from, to: this.#sent, afterMs: this.#ackTimeoutMs },
      'No acknowledgement from the bridge: sending again',
    )
    this.#sent = from - 1
    this.#resends += 1
    this.#owedSinceMs = undefined
    this.#ackTimeoutMs = Math.min(this.#ackTimeoutMs * 2, limits.ackTimeoutMsMax)
  }

  #sendMore(): number {
    const { spool, limits } = this.#deps
    const room = Math.min(limits.windowMax - this.#inFlight, this.#settled + limits.unackedMax - this.#sent)
    const messages = room > 0 ? spool.read(this.#sent, room) : []
    for (const message of messages) {
      this.#sent = message.seq
      if (!isAhead(this.#ack, message.seq)) this.#send(message)
    }
    return messages.length
  }

  #send(message: StoredMessage): void {
    const { clock, publish } = this.#deps
    if (this.#inFlight === 0) this.#pubackAtMs = clock.monotonicMs()
    this.#inFlight += 1
    this.#unconfirmed.add(message.seq)
    const stream = this.#stream
    publish(message).then(
      () => {
        this.#inFlight -= 1
        this.#pubackAtMs = clock.monotonicMs()
        if (stream === this.#stream) this.#confirmed(message.seq)
        this.#bell.ring()
      },
      (error: unknown) => {
        this.#failure = error
        this.#bell.ring()
      },
    )
  }

  #confirmed(seq: number): void {
    this.#unconfirmed.delete(seq)
    const bridgeOwes = this.#deps.settledBy === 'bridge' && seq > this.#settled
    if (bridgeOwes) this.#owedSinceMs ??= this.#pubackAtMs
  }

  #untilDeadlineMs(): number {
    const { clock, limits } = this.#deps
    const nowMs = clock.monotonicMs()
    const ackMs = this.#owedSinceMs === undefined ? 60_000 : this.#owedSinceMs + this.#ackTimeoutMs - nowMs
    const pubackMs = this.#inFlight === 0 ? 60_000 : this.#pubackAtMs + limits.pubackTimeoutMs - nowMs
    return Math.max(1, Math.min(ackMs, pubackMs))
  }
}

const settledIn = (spool: DrainDeps['spool']): number => (spool.oldest() ?? spool.newest + 1) - 1
