import type { Clock } from '../base/clock.ts'
import { withDeadline } from '../base/deadline.ts'
import { errorKind, LenscapError } from '../base/errors.ts'
import type { Credential } from '../base/secret.ts'
import type { Answer, CallOptions, ClockReading } from './calls.ts'
import { carry, type RawReply, type Target } from './carry.ts'
import { bodyOfReply, operationOf, refusalOf, withReason } from './faults.ts'
import { FETCH, fetchSigned, fileIn } from './fetch.ts'
import type { DeviceGate } from './gate.ts'
import { cameraTimeIn, timeOfHeader } from './replies.ts'
import { answerChallenges, isDigest, RequestWriter, type Service, type SoapRequest } from './requests.ts'
import type { Xml } from './xml.ts'

const CALL_TIMEOUT_MS = 5_000

/** How often a device that tells its time to users only is asked for it. */
const SIGNED_CLOCK_EVERY_MS = 600_000

/** A digest that failed is tried once more when the clock turns out to be off by more than this from what was believed. */
const SKEW_MS_NOTICED = 5_000

interface SessionOptions {
  readonly target: Target
  readonly credential: Credential | undefined
  readonly clock: Clock
  readonly gate: DeviceGate
}

type Ask = (writer: RequestWriter) => SoapRequest

const askDate: Ask = (writer) => writer.write((cam) => cam.getSystemDateAndTime())
const askInformation: Ask = (writer) => writer.write((cam) => cam.getDeviceInformation())

/** One device's conversation: signs each call, bounds it, and learns how the device wants to be signed to. */
export class Session {
  readonly target: Target
  readonly gate: DeviceGate
  readonly #clock: Clock
  #credential: Credential | undefined
  /** WS-Security until the device challenges by HTTP Digest; never both in one message. */
  #manner: 'wsse' | 'http' = 'wsse'
  /** The credential has opened what is closed to strangers. */
  #proven = false
  #closedToStrangers = false
  #clockReading: ClockReading | undefined
  #signedSkew: { ms: number | undefined; atMs: number } | undefined
  readonly #forbidden = new Set<string>()
  /** Where each service lives; filled once the services are known. */
  readonly services = new Map<Service, Target>()

  constructor(options: SessionOptions) {
    this.target = options.target
    this.gate = options.gate
    this.#clock = options.clock
    this.#credential = options.credential
    this.services.set('device', options.target)
  }

  get clockReading(): ClockReading | undefined {
    return this.#clockReading
  }

  get credential(): Credential | undefined {
    return this.#credential
  }

  /** Whether the credential was seen to open what is closed to strangers. */
  get proven(): boolean {
    return this.#proven
  }

  /** Sets who signs from now on; what was learned of another user is forgotten. */
  use(credential: Credential | undefined): void {
    this.#credential = credential
    this.#proven = false
    this.#forbidden.clear()
  }

  /**
   * Asks the time without signing (Core 5.12.1 tells it to strangers), since a digest needs it. Goes past an open breaker:
   * it is how a device that came back is noticed. Who tells the time to users only is asked as one, now and then.
   */
  async readClock(signal: AbortSignal, timeoutMs = CALL_TIMEOUT_MS): Promise<ClockReading> {
    const reading = await this.#readClockUnsigned(signal, timeoutMs)
    if (reading.anonymous || !this.#proven) return reading
    const skewMs = (await this.#signedSkewMs(signal, timeoutMs)) ?? reading.skewMs
    this.#clockReading = { ...reading, skewMs }
    return this.#clockReading
  }

  async #readClockUnsigned(signal: AbortSignal, timeoutMs = CALL_TIMEOUT_MS): Promise<ClockReading> {
    const startedMs = this.#clock.monotonicMs()
    const options = { signal, timeoutMs, anonymous: true }
    const { reply, request } = await this.#bounded(options, (within) =>
      this.#exchange(askDate, options, undefined, within),
    )
    const latencyMs = Math.max(0, this.#clock.monotonicMs() - startedMs)
    const body = this.#unlessRefused(reply, request.operation)
    const cameraMs = body ? cameraTimeIn(body) : timeOfHeader(reply.headers.date)
    this.#clockReading = { skewMs: this.#skewMs(cameraMs, latencyMs), latencyMs, anonymous: body !== undefined }
    return this.#clockReading
  }

  /** Devices say whole seconds, half a second ago on average when they said them half of the round trip ago. */
  #skewMs(cameraMs: number | undefined, latencyMs: number): number | undefined {
    return cameraMs === undefined ? undefined : Math.round(cameraMs + 500 - (this.#clock.nowMs() - latencyMs / 2))
  }

  async #signedSkewMs(signal: AbortSignal, timeoutMs: number): Promise<number | undefined> {
    const startedMs = this.#clock.monotonicMs()
    if (this.#signedSkew && startedMs - this.#signedSkew.atMs < SIGNED_CLOCK_EVERY_MS) return this.#signedSkew.ms
    try {
      const body = await this.call(askDate, { signal, timeoutMs })
      const latencyMs = this.#clock.monotonicMs() - startedMs
      this.#signedSkew = { ms: this.#skewMs(cameraTimeIn(body), latencyMs), atMs: startedMs }
      return this.#signedSkew.ms
    } catch (error) {
      if (errorKind(error) === 'cancelled') throw error
      return undefined // It answered a stranger a moment ago: that is what was asked for here.
    }
  }

  /** The reply's body; undefined where strangers are refused. @throws LenscapError for any other trouble */
  #unlessRefused(reply: RawReply, operation: string): Xml | undefined {
    try {
      const body = bodyOfReply(reply.status, reply.text, this.#facts(operation))
      if (body.one('GetSystemDateAndTimeResponse')) return body
    } catch (error) {
      if (errorKind(error) !== 'refused') throw error
      this.#closedToStrangers = true
      return undefined
    }
    throw new LenscapError('invalid', 'What answers there is not ONVIF', this.#facts(operation))
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

  /** The same, with what came attached (MTOM). */
  async converse(ask: Ask, options: CallOptions): Promise<Answer> {
    this.gate.checkBreaker()
    const credential = options.anonymous ? undefined : this.#credential
    if (credential) this.gate.checkCredential(credential)
    try {
      const answer = await this.#ask(ask, options, credential)
      if (credential && this.#closedToStrangers) this.#proven = true
      return answer
    } catch (error) {
      if (refusalOf(error) === 'locked-out') this.gate.keepQuiet('locked-out')
      if (errorKind(error) !== 'refused' || refusalOf(error) === 'operation') throw error
      if (!credential) throw withReason(error, 'no-credential')
      return await this.#afterRefusal(ask, options, credential, error)
    }
  }

  /** Finds out what a refusal means before the password is blamed; sends it once more only if our clock was wrong. */
  async #afterRefusal(ask: Ask, options: CallOptions, credential: Credential, refusal: unknown): Promise<Answer> {
    const before = this.#clockReading
    const now = await this.#readClockUnsigned(options.signal)
    if (before?.anonymous && !now.anonymous) {
      this.gate.keepQuiet('locked-out')
      throw withReason(refusal, 'locked-out')
    }
    const drifted = Math.abs((now.skewMs ?? 0) - (before?.skewMs ?? 0)) > SKEW_MS_NOTICED
    if (this.#manner === 'wsse' && drifted) {
      try {
        return await this.#ask(ask, options, credential)
      } catch (error) {
        if (errorKind(error) !== 'refused') throw error
      }
    }
    if (this.#proven && (await this.#stillKnown(options.signal, credential))) {
      this.#forbidden.add(operationOf(refusal))
      throw withReason(refusal, 'operation')
    }
    // Another call found out meanwhile that nobody is let in.
    this.gate.checkCredential(credential)
    // A digest that came at the wrong time says nothing of the password.
    if (refusalOf(refusal) === 'clock') this.gate.keepQuiet('clock')
    else if (this.#proven) {
      // It opened everything a while ago: a lockout that does not say so, or a new password. One more attempt will tell,
      // when the device has had time to forget.
      this.#proven = false
      this.gate.keepQuiet('locked-out')
      throw withReason(refusal, 'locked-out')
    } else this.gate.refuse(credential)
    throw withReason(refusal, refusalOf(refusal) ?? 'credential')
  }

  /** After a proven credential was refused one operation: is it the user's rights, or a changed password? */
  async #stillKnown(signal: AbortSignal, credential: Credential): Promise<boolean> {
    try {
      await this.#ask(askInformation, { signal }, credential)
      return true
    } catch (error) {
      if (errorKind(error) === 'refused') return false
      throw error
    }
  }

  async #ask(ask: Ask, options: CallOptions, credential: Credential | undefined): Promise<Answer> {
    const { reply, request } = await this.#bounded(options, (within) =>
      this.#exchange(ask, options, credential, within),
    )
    return { body: bodyOfReply(reply.status, reply.text, this.#facts(request.operation)), parts: reply.parts }
  }

  /**
   * Fetches a file that the device named, from the device itself. Digest is answered where the credential has proven right;
   * one that this refuses is not sent for files again.
   */
  async fetch(target: Target, options: CallOptions): Promise<Buffer> {
    this.gate.checkBreaker()
    this.#checkAllowed(FETCH)
    const credential = this.#proven ? this.#credential : undefined
    if (credential) this.gate.checkCredential(credential)
    const get = (authorization?: string) =>
      this.#bounded(options, (within) =>
        carry(target, { operation: FETCH, ...(authorization && { authorization }) }, within, options.replyBytesMax),
      )
    const reply = await fetchSigned(get, target.path, credential)
    if (reply.status === 401) this.#forbidden.add(FETCH)
    return fileIn(reply, this.#facts(FETCH))
  }

  /** One exchange within the deadline, the connection budget and the breaker's count. */
  async #bounded<T>(options: CallOptions, exchange: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const { signal: outer, timeoutMs = CALL_TIMEOUT_MS } = options
    const what = `A call to ${this.target.address}`
    let asked = false
    try {
      return await withDeadline({ clock: this.#clock, timeoutMs, signal: outer, what }, async (signal) => {
        using _ = await this.gate.connection(signal)
        asked = true
        const answer = await exchange(signal)
        this.gate.record('answered')
        return answer
      })
    } catch (error) {
      const kind = errorKind(error)
      const facts = { ...this.#facts(operationOf(error) || 'a call'), timeoutMs }
      if (kind === 'cancelled') throw new LenscapError('cancelled', 'Stopped', facts, error)
      if (kind === 'timeout' && !asked) {
        // The device was not even asked: our own calls stood in line, which says nothing against it.
        throw new LenscapError('timeout', 'The device is too busy with our other calls', facts, error)
      }
      if (kind === 'unreachable' || kind === 'timeout') this.gate.record('failed')
      if (kind === 'timeout') throw new LenscapError('timeout', 'The device did not answer in time', facts, error)
      throw error
    }
  }

  async #exchange(ask: Ask, options: CallOptions, credential: Credential | undefined, signal: AbortSignal) {
    const createdMs = this.#clock.nowMs() + (this.#clockReading?.skewMs ?? 0)
    const signer = this.#manner === 'wsse' ? credential : undefined
    const request = ask(new RequestWriter(signer, createdMs, options.media2))
    this.#checkAllowed(request.operation)
    const target = options.target ?? this.services.get(request.service) ?? this.target
    const reply = await carry(target, request, signal, options.replyBytesMax)
    if (reply.status !== 401 || !reply.challenges.some(isDigest)) return { reply, request }
    // Also learned from what strangers are told, so that a wrong password does not go out twice, in two manners.
    this.#manner = 'http'
    const authorization = credential && answerChallenges(reply.challenges, credential, target.path)
    if (authorization === undefined) return { reply, request }
    const unsigned = ask(new RequestWriter(undefined, createdMs, options.media2))
    const again = await carry(target, { ...unsigned, authorization }, signal, options.replyBytesMax)
    return { reply: again, request }
  }

  #checkAllowed(operation: string): void {
    if (!this.#forbidden.has(operation)) return
    const facts = { ...this.#facts(operation), reason: 'operation' }
    throw new LenscapError('refused', 'The device refuses this to its user: give the user more rights', facts)
  }

  #facts(operation: string): Record<string, string | number> {
    return { address: this.target.address, port: this.target.port, operation }
  }
}
