import type { Socket } from 'node:net'
import type { Clock } from '../base/clock.ts'
import { withDeadline } from '../base/deadline.ts'
import { parseChallenges } from '../base/digest.ts'
import { errorKind, LenscapError } from '../base/errors.ts'
import type { Credential } from '../base/secret.ts'
import type { Exchanged } from './answer.ts'
import { brokeKept, carry, type Fetch, type Message, type RawReply, type Target } from './carry.ts'
import { Continuity } from './continuity.ts'
import { operationOf } from './faults.ts'
import { FETCH } from './fetch.ts'
import type { DeviceGate } from './gate.ts'
import { answerChallenges, Envelopes, RequestWriter, type Service, type SoapRequest } from './requests.ts'

const CALL_TIMEOUT_MS = 5_000

export interface CallOptions {
  readonly signal: AbortSignal
  readonly timeoutMs?: number
  /** Without a credential, even if there is one. */
  readonly anonymous?: boolean
  /** Elsewhere on the same device: a subscription's address. */
  readonly target?: Target
  readonly media2?: boolean
  /** For what may come attached; 256 KB in all where absent. */
  readonly replyBytesMax?: number
  /** Whether a reply of this text need not be parsed. */
  readonly isKnown?: (text: string) => boolean
}

export type Ask = (writer: RequestWriter) => SoapRequest

interface Signature {
  readonly credential: Credential | undefined
  /** By the token alone: no challenge is answered. */
  readonly isTokenOnly: boolean
  /** The camera's time, for the digest. */
  readonly createdMs: number
  /** Called before anything is sent. @throws what stands against this operation */
  readonly check: (operation: string) => void
  /** Finds out whether the credential may still be sent, where the connection broke and it has to be once more. */
  readonly recheck: () => Promise<unknown>
}

/** Carries requests to one device and its answers back, each within its bounds, signed as the device wants it. */
export class Exchange {
  readonly target: Target
  readonly gate: DeviceGate
  readonly continuity: Continuity
  /** Where each service lives; filled once the services are known. */
  readonly services = new Map<Service, Target>()
  /** WS-Security until the device challenges by a Digest that can be answered; never both in one message. */
  manner: 'wsse' | 'http' = 'wsse'
  /** From its last Digest challenge. */
  realm = ''
  /** The last challenge asked only for what we can't or won't give. */
  isUnanswerable = false
  readonly #clock: Clock
  readonly #envelopes = new Envelopes()

  constructor(target: Target, gate: DeviceGate, clock: Clock) {
    this.target = target
    this.gate = gate
    this.#clock = clock
    this.continuity = new Continuity(clock)
    this.services.set('device', target)
  }

  /** Asks and gets the answer. Once more where the device had closed the kept connection before it saw the request. */
  async run(options: CallOptions, ask: Ask, signature: Signature): Promise<Exchanged> {
    const send = () => this.#bounded(options, (signal) => this.#send(ask, options, signature, signal))
    try {
      return await send()
    } catch (error) {
      if (!brokeKept(error) || !this.gate.kept.broke()) throw error
      await signature.recheck()
      return await send()
    }
  }

  /** Gets what lies at an address. */
  fetch(target: Target, options: CallOptions, authorization?: string): Promise<RawReply> {
    const message = { operation: FETCH, ...(authorization !== undefined && { authorization }) }
    return this.#bounded(options, (signal) => this.#carry(target, message, options, signal))
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
        const answer = await this.continuity.during(() => exchange(signal))
        this.gate.record('answered')
        return answer
      })
    } catch (error) {
      const kind = errorKind(error)
      const facts = { ...this.facts(operationOf(error) || 'a call'), timeoutMs }
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

  async #send(ask: Ask, options: CallOptions, signature: Signature, signal: AbortSignal): Promise<Exchanged> {
    const { credential, isTokenOnly, createdMs, check } = signature
    const signer = this.manner === 'wsse' || isTokenOnly ? credential : undefined
    const how = { media2: options.media2, envelopes: this.#envelopes }
    const write = (as: Credential | undefined) => new RequestWriter(as, createdMs, how)
    const request = ask(write(signer))
    check(request.operation)
    const target = options.target ?? this.services.get(request.service) ?? this.target
    const reply = await this.#carry(target, request, options, signal)
    // Also learned from what strangers are told, so that a wrong password does not go out twice, in two manners.
    this.#learn(reply)
    const mayAnswer = credential && !isTokenOnly
    const authorization = mayAnswer && answerChallenges(challengesOf(reply), credential, target.path)
    if (!authorization) return { reply, request, unshown: credential && !signer ? 'unasked' : undefined }
    const unsigned = ask(write(undefined))
    const signed = { ...unsigned, authorization }
    const second = await this.#carry(target, signed, options, signal)
    const { digests } = parseChallenges(challengesOf(second))
    return { reply: second, request, unshown: digests.some(({ stale }) => stale) ? 'stale' : undefined }
  }

  #carry(target: Target, message: Message | Fetch, options: CallOptions, signal: AbortSignal): Promise<RawReply> {
    const keep = (socket: Socket) => this.gate.keep(target, socket)
    return carry(target, message, { signal, bytesMax: options.replyBytesMax, kept: this.gate.reuse, keep })
  }

  #learn(reply: RawReply): void {
    const { schemes, digests } = parseChallenges(challengesOf(reply))
    // Who refuses without asking for anything may take the token.
    if (schemes.length === 0 && reply.status >= 400 && reply.status < 500) this.isUnanswerable = false
    if (schemes.length === 0) return
    this.isUnanswerable = digests.length === 0
    if (this.isUnanswerable) return
    this.manner = 'http'
    this.realm = digests[0]?.realm ?? this.realm
  }

  facts(operation: string): Record<string, string | number> {
    return { address: this.target.address, port: this.target.port, operation }
  }
}

const challengesOf = ({ status, challenges }: RawReply) => (status === 401 ? challenges : [])
