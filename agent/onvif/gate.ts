import { createHash } from 'node:crypto'
import type { Clock } from '../base/clock.ts'
import { LenscapError } from '../base/errors.ts'
import type { Credential } from '../base/secret.ts'
import { type BreakerState, CLOSED, isOpen, step } from './breaker.ts'

/** Never more connections to one device at a time, from the whole agent: some have three in all. */
const CONNECTIONS_MAX = 2

/** After a lockout, nothing is signed for so long; devices hold theirs for 5 to 30 minutes. */
const QUIET_MS = 300_000

const QUIET_SAYS = {
  'locked-out': 'The device has locked us out: waiting until it forgets',
  clock: "The device does not accept our requests' time: set its clock",
}

/**
 * What all rooms share about one device so that it isn't harmed: the breaker, the connection budget, and which credentials
 * it has refused. It outlives a `Device` handle: a device that comes back at another address keeps its gate.
 */
export class DeviceGate {
  readonly #clock: Clock
  readonly #refused = new Set<string>()
  readonly #waiting: (() => void)[] = []
  #breaker: BreakerState = CLOSED
  #connections = 0
  #quiet: { reason: keyof typeof QUIET_SAYS; untilMs: number } | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** @throws LenscapError `unreachable` while the device rests after failing to answer */
  checkBreaker(): void {
    if (isOpen(this.#breaker, this.#clock.monotonicMs())) {
      throw new LenscapError('unreachable', 'The device failed to answer, and is left alone for a while', {
        failures: this.#breaker.failures,
      })
    }
  }

  record(outcome: 'answered' | 'failed'): void {
    this.#breaker = step(this.#breaker, outcome, this.#clock.monotonicMs())
  }

  /** @throws LenscapError `refused` for a credential that was refused before, `busy` while it is kept quiet */
  checkCredential(credential: Credential): void {
    if (this.#refused.has(keyOf(credential))) {
      throw new LenscapError('refused', 'The device refused this user and password before: change one of them', {
        reason: 'credential',
      })
    }
    const quiet = this.#quiet
    if (quiet && this.#clock.monotonicMs() < quiet.untilMs) {
      throw new LenscapError('busy', QUIET_SAYS[quiet.reason], { reason: quiet.reason })
    }
  }

  /** From now on this user and password are not sent to the device again. */
  refuse(credential: Credential): void {
    this.#refused.add(keyOf(credential))
  }

  /** For a while nothing signed is sent at all: the password may be right, and each attempt makes it worse. */
  keepQuiet(reason: keyof typeof QUIET_SAYS): void {
    this.#quiet = { reason, untilMs: this.#clock.monotonicMs() + QUIET_MS }
  }

  /** A connection out of the budget; dispose of it to give it back. Waits in line until the signal fires. */
  async connection(signal: AbortSignal): Promise<Disposable> {
    signal.throwIfAborted()
    if (this.#connections >= CONNECTIONS_MAX) await this.#turn(signal)
    else this.#connections += 1
    return { [Symbol.dispose]: () => this.#release() }
  }

  #turn(signal: AbortSignal): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const go = () => {
      signal.removeEventListener('abort', giveUp)
      resolve()
    }
    const giveUp = () => {
      this.#waiting.splice(this.#waiting.indexOf(go), 1)
      reject(signal.reason)
    }
    this.#waiting.push(go)
    signal.addEventListener('abort', giveUp, { once: true })
    return promise
  }

  #release(): void {
    const next = this.#waiting.shift()
    if (next) next()
    else this.#connections -= 1
  }
}

const keyOf = ({ username, password }: Credential) =>
  createHash('sha256').update(`${username.length}:${username}${password.reveal()}`).digest('base64')
