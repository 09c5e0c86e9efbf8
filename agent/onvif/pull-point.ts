import { LenscapError } from '../base/errors.ts'
import { onSameDevice } from './addresses.ts'
import type { Target } from './carry.ts'
import { type Notification, notificationsIn } from './notification.ts'
import type { RequestWriter, SoapRequest } from './requests.ts'
import type { Session } from './session.ts'
import { escapeXml, type Xml } from './xml.ts'

/** Short, so that a slot leaked by a crash or a power cut is free again within a minute. */
const TERMINATION_MS = 60_000
const TERMINATION = 'PT60S'

const EVENTS = 'http://www.onvif.org/ver10/events/wsdl'
const NOTIFICATION = 'http://docs.oasis-open.org/wsn/b-2'

const ACTIONS = {
  PullMessages: `${EVENTS}/PullPointSubscription/PullMessagesRequest`,
  Renew: 'http://docs.oasis-open.org/wsn/bw-2/SubscriptionManager/RenewRequest',
  Unsubscribe: 'http://docs.oasis-open.org/wsn/bw-2/SubscriptionManager/UnsubscribeRequest',
}

/** A subscription on a device (Core 9.2). Its address, too, is only dialled where the device itself answered. */
export class PullPoint {
  readonly #session: Session
  readonly #target: Target
  readonly #to: string
  readonly #subscriptionId: string
  /** How long it lives from the last reply that said so, by the device's own clock. */
  livesMs: number

  private constructor(session: Session, created: Xml) {
    const reference = created.one('SubscriptionReference')
    this.#session = session
    this.#to = reference?.textOf('Address').trim() ?? ''
    this.#target = onSameDevice(this.#to, session.services.get('events') ?? session.target)
    this.#subscriptionId = reference?.textOf('ReferenceParameters', 'SubscriptionId').trim() ?? ''
    this.livesMs = lifeIn(created)
  }

  /** @throws LenscapError `busy` with the reason `slots` when the device has no subscription free */
  static async create(session: Session, signal: AbortSignal): Promise<PullPoint> {
    const body = await session.call(
      (writer) =>
        writer.writeOwn(
          'events',
          '',
          `<CreatePullPointSubscription xmlns="${EVENTS}"><InitialTerminationTime>${TERMINATION}</InitialTerminationTime></CreatePullPointSubscription>`,
        ),
      { signal },
    )
    const created = body.one('CreatePullPointSubscriptionResponse')
    if (!created) {
      throw new LenscapError('invalid', 'The device created no subscription', { address: session.target.address })
    }
    return new PullPoint(session, created)
  }

  /** Waits up to `waitMs` for the device to say something; empty when it had nothing. */
  async pull(waitMs: number, signal: AbortSignal): Promise<Notification[]> {
    const body = await this.#call(
      'PullMessages',
      `<PullMessages xmlns="${EVENTS}"><Timeout>PT${Math.round(waitMs / 1000)}S</Timeout><MessageLimit>50</MessageLimit></PullMessages>`,
      signal,
      waitMs + 5_000,
    )
    const reply = body.one('PullMessagesResponse')
    if (!reply) throw new LenscapError('invalid', 'The device answered a pull with something else')
    return notificationsIn(reply)
  }

  async renew(signal: AbortSignal): Promise<void> {
    const body = await this.#call(
      'Renew',
      `<Renew xmlns="${NOTIFICATION}"><TerminationTime>${TERMINATION}</TerminationTime></Renew>`,
      signal,
    )
    this.livesMs = lifeIn(body.one('RenewResponse'))
  }

  /** Frees the slot. A device that doesn't answer frees it by itself within a minute. */
  async unsubscribe(signal: AbortSignal): Promise<void> {
    await this.#call('Unsubscribe', `<Unsubscribe xmlns="${NOTIFICATION}"/>`, signal, 2_000).catch(() => {})
  }

  #call(operation: keyof typeof ACTIONS, body: string, signal: AbortSignal, timeoutMs = 5_000): Promise<Xml> {
    const ask = (writer: RequestWriter): SoapRequest => writer.writeOwn('events', this.#header(operation), body)
    return this.#session.call(ask, { signal, timeoutMs, target: this.#target })
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
