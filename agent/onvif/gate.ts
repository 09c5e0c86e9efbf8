import type { Socket } from 'node:net'
import type { Clock } from '../base/clock.ts'
import { LenscapError } from '../base/errors.ts'
import type { Credential } from '../base/secret.ts'
import { BriefRefusals, besideOf, type QuietReason, type RefusalMemory, type Way } from '../credentials/refusal-log.ts'
import { type BreakerState, CLOSED, isOpen, step } from './breaker.ts'
import type { Target } from './carry.ts'
import { KeptConnection } from './kept.ts'
import { Line } from './line.ts'
import { lockoutMsOf } from './lockout.ts'

/** ONVIF calls and snapshots at a time, from the whole agent: with one stream that is three, all that some devices have. */
const CALLS_MAX = 2

const QUIET_MS_MIN = 30_000
const QUIET_MS_MAX = 2 * 3_600_000
const CLOCK_QUIET_MS = 300_000

const QUIET_SAYS = {
  'locked-out': 'The device has locked us out: waiting until it forgets',
  clock: "The device does not accept our requests' time: set its clock",
  scheme: 'The device asks for a login that does not work: waiting before it is tried again',
}

/** Ways that rest by themselves: their users may be others, so that the device as a whole is not concerned. */
const WAYS_BESIDE: readonly Way[] = ['snapshot', 'rtsp']

export interface GateOptions {
  /** What devices took and refused; without one it is remembered as long as the gate lives. */
  readonly memory?: RefusalMemory
  /** Under what the memory knows this device. */
  readonly name?: string
  /** Whether a connection is kept for the call that follows; true where absent. */
  readonly keeps?: boolean
}

/**
 * What all rooms share about one device so that it isn't harmed: the breaker, the connection budget (ONVIF, snapshots and
 * streams together: two, and one more per channel), and which credentials it has refused. It outlives a `Device` handle:
 * a device that comes back at another address keeps its gate.
 */
export class DeviceGate {
  /** Its maker, where known: makers lock out for different times. */
  maker = ''
  readonly kept: KeptConnection
  readonly #clock: Clock
  readonly #memory: RefusalMemory
  /** The newest last. What was noted under a former one counts on. */
  readonly #names: string[]
  readonly #calls = new Line(CALLS_MAX)
  readonly #streams = new Line(1)
  #breaker: BreakerState = CLOSED

  constructor(clock: Clock, { memory = new BriefRefusals(), name = 'device', keeps = true }: GateOptions = {}) {
    this.#clock = clock
    this.kept = new KeptConnection(clock, keeps)
    this.#memory = memory
    this.#names = [name]
  }

  /** It has an id from now on. */
  rename(name: string): void {
    const last = this.#name
    if (last === name) return
    this.#memory.rename(last, name)
    for (const way of WAYS_BESIDE) this.#memory.rename(besideOf(last, way), besideOf(name, way))
    this.#names.push(name)
  }

  /** As many streams at a time as it has channels. */
  set channels(count: number) {
    this.#streams.max = Math.max(1, count)
  }

  /** Connections in use. */
  get open(): number {
    return this.#calls.taken + this.#streams.taken
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

  /** @throws LenscapError `refused` for a credential that was refused before, `busy` while the device is kept quiet */
  checkCredential(credential: Credential, way: Way = 'onvif'): void {
    const ways: readonly Way[] = way === 'onvif' ? [way] : [way, 'onvif']
    if (ways.some((each) => this.#last(credential, each) === 'refused')) {
      throw new LenscapError('refused', 'The device refused this user and password before: change one of them', {
        reason: 'credential',
        diagnosis: 'AUTH_REJECTED',
      })
    }
    this.#checkQuiet(this.#name)
    this.#checkQuiet(besideOf(this.#name, way))
  }

  /** @throws LenscapError `busy` while it lasts */
  #checkQuiet(name: string): void {
    const quiet = this.#memory.lockout(name)
    // A clock that was set back must not make a rest of minutes one of years.
    const leftMs = quiet === undefined ? 0 : Math.min(quiet.untilMs - this.#clock.nowMs(), QUIET_MS_MAX)
    if (quiet === undefined || leftMs <= 0) return
    const facts = { reason: quiet.reason, waitS: Math.ceil(leftMs / 1000) }
    throw new LenscapError('busy', QUIET_SAYS[quiet.reason], facts)
  }

  /** The device let it in. */
  accept(credential: Credential, way: Way = 'onvif'): void {
    this.#memory.note(this.#name, credential, way, 'accepted', this.#clock.nowMs())
  }

  /** Whether the device let it in the last time it was tried by this way, in this run or before. */
  wasAccepted(credential: Credential, way: Way = 'onvif'): boolean {
    return this.#last(credential, way) === 'accepted'
  }

  /** The device refused it as a token, which was all that could be sent there. It may still be right. */
  refuseToken(credential: Credential): void {
    this.#memory.note(this.#name, credential, 'token', 'refused', this.#clock.nowMs())
  }

  refusesToken(credential: Credential): boolean {
    return this.#last(credential, 'token') === 'refused'
  }

  /**
   * The device refused it. One that it took before may be locked out: it rests, and is tried once more when the device had
   * time to forget. Any other is not sent again.
   * @param mayPass the answer was not about this credential by its form: it is doubted first, as one that was taken
   */
  refuse(credential: Credential, way: Way = 'onvif', mayPass = false): 'credential' | 'locked-out' {
    const nowMs = this.#clock.nowMs()
    const last = this.#last(credential, way)
    if (last !== 'accepted' && (!mayPass || last !== undefined)) {
      this.#memory.note(this.#name, credential, way, 'refused', nowMs)
      return 'credential'
    }
    this.#memory.note(this.#name, credential, way, 'doubted', nowMs)
    if (way === 'onvif') this.keepQuiet('locked-out')
    else this.#rest(besideOf(this.#name, way), 'locked-out', lockoutMsOf(this.maker))
    return 'locked-out'
  }

  /**
   * For a while nothing signed is sent at all: the password may be right, and each attempt makes it worse.
   * @param forMs as the device said; as its maker does where it said nothing
   */
  keepQuiet(reason: QuietReason, forMs?: number): void {
    const usualMs = reason === 'clock' ? CLOCK_QUIET_MS : lockoutMsOf(this.maker)
    const restMs = Math.min(QUIET_MS_MAX, Math.max(QUIET_MS_MIN, forMs ?? usualMs))
    this.#rest(this.#name, reason, restMs)
  }

  #rest(name: string, reason: QuietReason, forMs: number): void {
    this.#memory.noteLockout(name, { reason, untilMs: this.#clock.nowMs() + forMs })
  }

  /** A connection out of the budget; dispose of it to give it back. Waits in line until the signal fires. */
  connection(signal: AbortSignal, use: 'call' | 'stream' = 'call'): Promise<Disposable> {
    return (use === 'call' ? this.#calls : this.#streams).place(signal)
  }

  /**
   * Where a call may get its connection from, and whether it may leave it open. Beside another it may not: a device that is
   * told so closes by itself, and at once, while one that has to notice it still counts it when the next comes.
   */
  get reuse(): Pick<KeptConnection, 'take' | 'isWelcome'> {
    return {
      take: (place) => this.kept.take(place),
      isWelcome: this.kept.isWelcome && this.#calls.taken <= 1,
    }
  }

  /** Keeps the connection of a call that ends, unless another is under way: beside that it would be one too many to some. */
  keep(target: Target, socket: Socket): void {
    if (this.#calls.taken <= 1) this.kept.park(target, socket)
    else socket.on('error', () => {}).destroy()
  }

  get #name(): string {
    return this.#names.at(-1) ?? ''
  }

  #last(credential: Credential, way: Way) {
    for (const name of this.#names.toReversed()) {
      const outcome = this.#memory.last(name, credential, way)
      if (outcome !== undefined) return outcome
    }
    return undefined
  }
}
