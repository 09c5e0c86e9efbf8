import { LenscapError } from '../base/errors.ts'
import { type Notification, notificationsIn } from './notification.ts'
import { RepeatedReply } from './repeated.ts'
import type { Session } from './session.ts'
import { EVENTS, Subscription, TERMINATION } from './subscription.ts'

/** A subscription that is asked for what happened (Core 9.2). */
export class PullPoint extends Subscription {
  /** What it says when nothing happened: most of what it ever says. */
  readonly #nothing = new RepeatedReply()

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
    const seconds = Math.round(waitMs / 1000)
    const question = `<PullMessages xmlns="${EVENTS}"><Timeout>PT${seconds}S</Timeout><MessageLimit>50</MessageLimit></PullMessages>`
    const options = { signal, timeoutMs: waitMs + 5_000, isKnown: (text: string) => this.#nothing.isLike(text) }
    const { body, isKnown, text } = await this.converse('PullMessages', question, options)
    if (isKnown) return []
    const reply = body.one('PullMessagesResponse')
    if (!reply) throw new LenscapError('invalid', 'The device answered a pull with something else')
    if (reply.all('NotificationMessage').length === 0) this.#nothing.remember(text)
    return notificationsIn(reply)
  }
}
