import { LenscapError } from '../base/errors.ts'
import { type Notification, notificationsIn } from './notification.ts'
import type { Session } from './session.ts'
import { EVENTS, Subscription, TERMINATION } from './subscription.ts'

/** A subscription that is asked for what happened (Core 9.2). */
export class PullPoint extends Subscription {
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
    const body = await this.call(
      'PullMessages',
      `<PullMessages xmlns="${EVENTS}"><Timeout>PT${Math.round(waitMs / 1000)}S</Timeout><MessageLimit>50</MessageLimit></PullMessages>`,
      signal,
      waitMs + 5_000,
    )
    const reply = body.one('PullMessagesResponse')
    if (!reply) throw new LenscapError('invalid', 'The device answered a pull with something else')
    return notificationsIn(reply)
  }
}
