import { onSameDevice } from './addresses.ts'
import type { Answer } from './answer.ts'
import type { Target } from './carry.ts'
import type { CallOptions } from './exchange.ts'
import { isNobodyThere } from './faults.ts'
import type { RequestWriter, SoapRequest } from './requests.ts'
import type { Session } from './session.ts'
import { escapeXml, type Xml } from './xml.ts'

/** Short, so that a slot leaked by a crash or a power cut is free again within a minute. */
const TERMINATION_MS = 60_000
export const TERMINATION = 'PT60S'

export const EVENTS = 'http://www.onvif.org/ver10/events/wsdl'
export const NOTIFICATION = 'http://docs.oasis-open.org/wsn/b-2'

const ACTIONS = {
  PullMessages: `${EVENTS}/PullPointSubscription/PullMessagesRequest`,
  Renew: 'http://docs.oasis-open.org/wsn/bw-2/SubscriptionManager/RenewRequest',
  Unsubscribe: 'http://docs.oasis-open.org/wsn/bw-2/SubscriptionManager/UnsubscribeRequest',
}

/** A subscription on a device, of either kind. Its address, too, is only dialled where the device itself answered. */
export class Subscription {
  readonly #session: Session
  #target: Target
  /** It was reached at the port that it named. */
  #isFound = false
  readonly #to: string
  readonly #subscriptionId: string
  /** How long it lives from the last reply that said so, by the device's own clock. */
  livesMs: number

  /** @param created the reply that it was made by */
  constructor(session: Session, created: Xml) {
    const reference = created.one('SubscriptionReference')
    this.#session = session
    this.#to = reference?.textOf('Address').trim() ?? ''
    this.#target = onSameDevice(this.#to, this.#service)
    this.#subscriptionId = reference?.textOf('ReferenceParameters', 'SubscriptionId').trim() ?? ''
    this.livesMs = lifeIn(created)
  }

  async renew(signal: AbortSignal): Promise<void> {
    const body = await this.call(
      'Renew',
      `<Renew xmlns="${NOTIFICATION}"><TerminationTime>${TERMINATION}</TerminationTime></Renew>`,
      signal,
    )
    this.livesMs = lifeIn(body.one('RenewResponse'))
  }

  /** Frees the slot. A device that doesn't answer frees it by itself within a minute. */
  async unsubscribe(signal: AbortSignal): Promise<void> {
    await this.call('Unsubscribe', `<Unsubscribe xmlns="${NOTIFICATION}"/>`, signal, 2_000).catch(() => {})
  }

  protected async call(
    operation: keyof typeof ACTIONS,
    body: string,
    signal: AbortSignal,
    timeoutMs = 5_000,
  ): Promise<Xml> {
    return (await this.converse(operation, body, { signal, timeoutMs })).body
  }

  /** Some name a port where nobody listens: they are asked at that of their service, so that the slot is of use, and can be freed. */
  protected async converse(operation: keyof typeof ACTIONS, body: string, options: CallOptions): Promise<Answer> {
    const ask = (writer: RequestWriter): SoapRequest => writer.writeOwn('events', this.#header(operation), body)
    const converse = () => this.#session.converse(ask, { ...options, target: this.#target })
    try {
      const answer = await converse()
      this.#isFound = true
      return answer
    } catch (error) {
      const { port } = this.#service
      if (this.#isFound || !isNobodyThere(error) || port === this.#target.port) throw error
      this.#target = { ...this.#target, port }
      return await converse()
    }
  }

  get #service(): Target {
    return this.#session.services.get('events') ?? this.#session.target
  }

  /** WS-Addressing 1.0 (SOAP Binding, 3.4). Axis tells its subscriptions apart by an echoed parameter only. */
  #header(operation: keyof typeof ACTIONS): string {
    const id =
      this.#subscriptionId === ''
        ? ''
        : `<SubscriptionId xmlns="http://www.axis.com/2009/event" a:IsReferenceParameter="true">${escapeXml(this.#subscriptionId)}</SubscriptionId>`
    return `<a:Action>${ACTIONS[operation]}</a:Action><a:To>${escapeXml(this.#to)}</a:To>${id}`
  }
}

/** From the reply's two times, since the device's clock is its own; what was asked for where they make no sense. */
function lifeIn(reply: Xml | undefined): number {
  const lifeMs = Date.parse(reply?.textOf('TerminationTime') ?? '') - Date.parse(reply?.textOf('CurrentTime') ?? '')
  return lifeMs >= 5_000 && lifeMs <= 3_600_000 ? lifeMs : TERMINATION_MS
}
