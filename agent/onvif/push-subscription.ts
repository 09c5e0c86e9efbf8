import { LenscapError } from '../base/errors.ts'
import type { Session } from './session.ts'
import { NOTIFICATION, Subscription, TERMINATION } from './subscription.ts'
import { escapeXml } from './xml.ts'

/**
 * Has the device post what happens to this address (WS-BaseNotification 1.3, 4.2; Core 9.1).
 * @throws LenscapError `unsupported` where it does not post, `busy` with the reason `slots` when it has no subscription free
 */
export async function subscribeTo(session: Session, consumer: URL, signal: AbortSignal): Promise<Subscription> {
  const address = `<Address xmlns="http://www.w3.org/2005/08/addressing">${escapeXml(consumer.href)}</Address>`
  const body = await session.call(
    (writer) =>
      writer.writeOwn(
        'events',
        '',
        `<Subscribe xmlns="${NOTIFICATION}"><ConsumerReference>${address}</ConsumerReference><InitialTerminationTime>${TERMINATION}</InitialTerminationTime></Subscribe>`,
      ),
    { signal },
  )
  const created = body.one('SubscribeResponse')
  if (!created) throw new LenscapError('unsupported', 'The device does not post events', { ...session.target })
  return new Subscription(session, created)
}
