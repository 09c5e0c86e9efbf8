import type { Clock } from '../base/clock.ts'
import { errorKind, LenscapError } from '../base/errors.ts'
import type { Credential } from '../base/secret.ts'
import { type Answer, answerIn } from './answer.ts'
import type { Target } from './carry.ts'
import { askDate, askDateSigned, type ClockReading, dateTold, mustTellDate, skewMsOf } from './clock-reading.ts'
import { type Ask, type CallOptions, Exchange } from './exchange.ts'
import { operationOf, refusalOf, statusOf, unshownOf, waitMsOf, withReason } from './faults.ts'
import { FETCH, fetchSigned, fileIn } from './fetch.ts'
import { Forbidden } from './forbidden.ts'
import type { DeviceGate } from './gate.ts'
import { cameraTimeIn, timeOfHeader } from './replies.ts'
import type { Service } from './requests.ts'
import { SigningTime } from './signing-time.ts'
import type { Xml } from './xml.ts'

interface SessionOptions {
  readonly target: Target
  readonly credential: Credential | undefined
  readonly clock: Clock
  readonly gate: DeviceGate
  /**
   * Finds out without a credential whether this is still the device that it was; asked before one is sent, whenever
   * there was a break in which another could have taken its place. @throws LenscapError with the reason `identity`
   */
  readonly confirm?: (signal: AbortSignal) => Promise<void>
}

const askInformation: Ask = (writer) => writer.write((cam) => cam.getDeviceInformation())

/** One device's conversation: signs each call, bounds it, and learns how the device wants to be signed to. */
export class Session {
  readonly #exchange: Exchange
  readonly #clock: Clock
  readonly #confirm: ((signal: AbortSignal) => Promise<void>) | undefined
  readonly #forbidden = new Forbidden()
  readonly #time = new SigningTime()
  #credential: Credential | undefined
  #confirming: Promise<void> | undefined
  #proven = false
  /** It takes the token, though it challenges by something else only. */
  #takesTokenUnasked = false
  #closedToStrangers = false
  #clockReading: ClockReading | undefined

  constructor(options: SessionOptions) {
    this.#exchange = new Exchange(options.target, options.gate, options.clock)
    this.#clock = options.clock
    this.#credential = options.credential
    this.#confirm = options.confirm
  }

  get target(): Target {
    return this.#exchange.target
  }

  get gate(): DeviceGate {
    return this.#exchange.gate
  }

  get realm(): string {
    return this.#exchange.realm
  }

  /** Where each service lives; filled once the services are known. */
  get services(): Map<Service, Target> {
    return this.#exchange.services
  }

  get clockReading(): ClockReading | undefined {
    return this.#clockReading
  }

  get credential(): Credential | undefined {
    return this.#credential
  }

  /** It was seen to open what is closed to strangers. */
  get proven(): boolean {
    return this.#proven
  }

  use(credential: Credential | undefined): void {
    this.#credential = credential
    this.#proven = false
    this.#forbidden.clear()
  }

  /**
   * Asks the time without signing (Core 5.12.1 tells it to strangers), since a digest needs it. Goes past an open breaker:
   * it is how a device that came back is noticed. Who refuses strangers is asked as a user too: a 401 is no sign of health.
   */
  async readClock(signal: AbortSignal, timeoutMs?: number): Promise<ClockReading> {
    const reading = await this.#readClockUnsigned(signal, timeoutMs)
    if (reading.anonymous || !this.#proven) return reading
    this.#clockReading = { ...reading, ...(await this.#readClockSigned(signal, timeoutMs)) }
    return this.#clockReading
  }

  async #readClockUnsigned(signal: AbortSignal, timeoutMs?: number): Promise<ClockReading> {
    const startedMs = this.#clock.monotonicMs()
    const { reply, request } = await this.#send(askDate, within(signal, timeoutMs), undefined)
    const latencyMs = Math.max(0, this.#clock.monotonicMs() - startedMs)
    const body = dateTold(reply, this.#exchange.facts(request.operation))
    if (!body) this.#closedToStrangers = true
    const cameraMs = body ? cameraTimeIn(body) : timeOfHeader(reply.headers['date'])
    const skewMs = skewMsOf(cameraMs, latencyMs, this.#clock.nowMs())
    this.#clockReading = { skewMs, latencyMs, anonymous: !!body, isDateless: !!body && skewMs === undefined }
    return this.#clockReading
  }

  async #readClockSigned(signal: AbortSignal, timeoutMs?: number): Promise<Partial<ClockReading>> {
    const startedMs = this.#clock.monotonicMs()
    try {
      const answer = await this.call(askDateSigned, within(signal, timeoutMs))
      const body = mustTellDate(answer, this.#exchange.facts('the date'))
      const latencyMs = this.#clock.monotonicMs() - startedMs
      const skewMs = skewMsOf(cameraTimeIn(body), latencyMs, this.#clock.nowMs())
      return skewMs === undefined ? { isDateless: true } : { skewMs }
    } catch (error) {
      // Who refuses in good order is there, as it is for strangers.
      if (['refused', 'unsupported'].includes(errorKind(error)) || refusalOf(error) !== undefined) return {}
      throw error
    }
  }

  /** Asks for the device's name as a stranger: the body, or undefined where it tells it to users only. */
  async knock(signal: AbortSignal): Promise<Xml | undefined> {
    try {
      const body = await this.call(askInformation, { signal, anonymous: true })
      this.#closedToStrangers = false
      return body
    } catch (error) {
      if (errorKind(error) !== 'refused') throw error
      this.#closedToStrangers = true
      return undefined
    }
  }

  /**
   * One signed call.
   * @returns the reply's Body
   * @throws LenscapError of any kind but `storage`; `facts.reason` tells refusals apart
   */
  async call(ask: Ask, options: CallOptions): Promise<Xml> {
    return (await this.converse(ask, options)).body
  }

  async converse(ask: Ask, options: CallOptions): Promise<Answer> {
    this.gate.checkBreaker()
    const credential = options.anonymous ? undefined : this.#credential
    if (credential) await this.#checkSigning(credential, options.signal)
    try {
      const wasUnasked = this.#exchange.isUnanswerable
      const answer = await this.#ask(ask, options, credential)
      if (credential) this.#time.worked(this.#clockReading?.skewMs)
      if (credential && this.#closedToStrangers && !this.#proven) {
        this.#proven = true
        this.#takesTokenUnasked = wasUnasked
        this.gate.accept(credential)
      }
      return answer
    } catch (error) {
      if (credential && refusalOf(error) === 'locked-out') this.gate.keepQuiet('locked-out', waitMsOf(error))
      if (!(error instanceof LenscapError) || error.kind !== 'refused' || refusalOf(error) === 'operation') throw error
      if (!credential) throw withReason(error, 'no-credential')
      return await this.#afterRefusal(ask, options, credential, error)
    }
  }

  async #checkSigning(credential: Credential, signal: AbortSignal): Promise<void> {
    const { continuity } = this.#exchange
    this.gate.checkCredential(credential)
    // Nothing goes out then unless the device asks for what can be answered.
    if (this.#exchange.isUnanswerable && this.gate.refusesToken(credential)) this.#exchange.manner = 'http'
    if (!this.#confirm || continuity.isSure) return
    this.#confirming ??= this.#confirm(signal).finally(() => {
      this.#confirming = undefined
    })
    await this.#confirming
    continuity.confirmed()
    this.gate.checkCredential(credential)
  }

  /** Finds out what a refusal means before the password is blamed; sends it once more only if our clock was wrong. */
  async #afterRefusal(ask: Ask, options: CallOptions, credential: Credential, first: LenscapError): Promise<Answer> {
    const before = this.#clockReading
    const now = await this.#readClockUnsigned(options.signal)
    if (before?.anonymous && !now.anonymous) {
      this.gate.keepQuiet('locked-out', waitMsOf(first))
      throw withReason(first, 'locked-out')
    }
    // It asks for nothing that can be given, or it was the wrong time: that says nothing of the password.
    const unshown = unshownOf(first)
    const isBarred = unshown === 'stale' || this.#exchange.isUnanswerable
    const isUnshown = unshown !== undefined && !(isBarred && this.gate.refusesToken(credential))
    const isOtherTime = this.#exchange.manner === 'wsse' && this.#time.turn(before?.skewMs, now.skewMs)
    const refusal = isUnshown || isOtherTime ? await this.#askAgain(ask, options, credential, true) : first
    if (!(refusal instanceof LenscapError)) return refusal
    if (isOtherTime) this.#time.turnBack()
    if (unshown === 'stale') throw this.#schemeError(refusal, credential, true)
    const wasProven = this.#proven
    // Who refuses what it took before may be another.
    this.#exchange.continuity.broken()
    if (wasProven && (await this.#stillKnown(options.signal, credential))) {
      // A fault speaks of this user's rights; a bare 401 may have come while it was out of connections.
      const again = statusOf(refusal) === 401 ? await this.#askAgain(ask, options, credential) : refusal
      if (!(again instanceof LenscapError)) return again
      this.#forbidden.add(operationOf(again))
      throw withReason(again, 'operation')
    }
    // Another call found out meanwhile that nobody is let in.
    this.gate.checkCredential(credential)
    if (this.#exchange.isUnanswerable && !(wasProven && this.#takesTokenUnasked))
      throw this.#schemeError(refusal, credential)
    throw this.#refusalError(refusal, credential)
  }

  #refusalError(refusal: LenscapError, credential: Credential): LenscapError {
    // Some say 401 to whoever comes while they are out of connections (Dahua): it says nothing of the password.
    if (this.#proven && this.gate.open > 0) return withReason(refusal, 'slots')
    // A digest that came at the wrong time says nothing of the password.
    if (refusalOf(refusal) === 'clock') {
      this.gate.keepQuiet('clock')
      return withReason(refusal, 'clock')
    }
    this.#proven = false
    return withReason(refusal, this.gate.refuse(credential, 'onvif', statusOf(refusal) === 403))
  }

  /** Once more, perhaps by token. @returns the refusal where that is refused as well */
  async #askAgain(ask: Ask, options: CallOptions, credential: Credential, isTokenOnly = false) {
    try {
      const answer = await this.#ask(ask, options, credential, isTokenOnly)
      if (isTokenOnly) this.#exchange.manner = 'wsse'
      return answer
    } catch (error) {
      if (error instanceof LenscapError && error.kind === 'refused') return error
      throw error
    }
  }

  /** Neither of the ways that hide a password leads in: that says nothing of the password. */
  #schemeError(refusal: unknown, credential: Credential, isStale = false): LenscapError {
    this.gate.refuseToken(credential)
    this.#exchange.manner = 'http'
    this.#exchange.continuity.broken()
    this.#proven = false
    // What calls all stale may count each as a wrong one.
    if (isStale) this.gate.keepQuiet('scheme')
    return withReason(refusal, 'scheme')
  }

  /** After a proven credential was refused one operation: is it the user's rights, or a changed password? */
  async #stillKnown(signal: AbortSignal, credential: Credential): Promise<boolean> {
    await this.#checkSigning(credential, signal)
    try {
      await this.#ask(askInformation, { signal }, credential)
      return true
    } catch (error) {
      if (errorKind(error) === 'refused') return false
      throw error
    }
  }

  /**
   * Fetches a file that the device named, from the device itself. Digest is answered where the credential has proven right;
   * one that this refuses is not sent for files again.
   */
  async fetch(target: Target, options: CallOptions): Promise<Buffer> {
    this.gate.checkBreaker()
    this.#forbidden.check(FETCH, this.#exchange.facts(FETCH))
    const credential = this.#proven ? this.#credential : undefined
    if (credential) await this.#checkSigning(credential, options.signal)
    const get = (authorization?: string) => this.#exchange.fetch(target, options, authorization)
    const reply = await fetchSigned(get, target.path, credential)
    if (reply.status === 401) this.#forbidden.add(FETCH)
    return fileIn(reply, this.#exchange.facts(FETCH))
  }

  async #ask(ask: Ask, options: CallOptions, credential: Credential | undefined, isTokenOnly = false): Promise<Answer> {
    const exchanged = await this.#send(ask, options, credential, isTokenOnly)
    const facts = this.#exchange.facts(exchanged.request.operation)
    return answerIn(exchanged, facts, options.isKnown, this.#clock.nowMs())
  }

  #send(ask: Ask, options: CallOptions, credential: Credential | undefined, isTokenOnly = false) {
    const createdMs = this.#clock.nowMs() + this.#time.skewMs(this.#clockReading?.skewMs)
    const check = (operation: string) => this.#forbidden.check(operation, this.#exchange.facts(operation))
    const recheck = async () => credential && (await this.#checkSigning(credential, options.signal))
    return this.#exchange.run(options, ask, { credential, isTokenOnly, createdMs, check, recheck })
  }
}

const within = (signal: AbortSignal, timeoutMs?: number): CallOptions => ({ signal, ...(timeoutMs && { timeoutMs }) })
