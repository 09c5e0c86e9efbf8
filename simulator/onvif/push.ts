import { request as httpRequest } from 'node:http'
import { escapeXml } from '../discovery/xml.ts'
import { notificationMessage } from './event-message.ts'
import type { CameraFacts } from './facts.ts'
import type { PullPoint } from './pull-point.ts'
import { envelope, SoapFault } from './soap.ts'

const MESSAGES_MAX = 10
const POST_TIMEOUT_MS = 5000
const WAIT_MS = 60_000
/** After that many failed posts in a row the subscription ends. */
const FAILURES_MAX = 3

/**
 * Where a subscriber wants its notifications. Throws SoapFault where it isn't plain HTTP at the caller's own address:
 * a camera that posts wherever it is told is a weapon.
 */
export function consumerAt(text: string | undefined, callerAddress: string): URL {
  const url = URL.canParse(text ?? '') ? new URL(text ?? '') : undefined
  if (url?.protocol !== 'http:' || url.hostname !== callerAddress.replace(/^::ffff:/, ''))
    throw new SoapFault(
      'Sender',
      ['wsnt:SubscribeCreationFailedFault'],
      "The consumer must be at the subscriber's own address",
    )
  return url
}

/** Posts a subscription's messages until it ends, or the consumer failed too often. Never throws. */
export async function pushTo(consumer: URL, point: PullPoint, facts: CameraFacts): Promise<void> {
  for (let failures = 0; failures < FAILURES_MAX && !point.isEnded; ) {
    const messages = await point.pull(MESSAGES_MAX, WAIT_MS, point.signal)
    if (messages.length === 0 || point.isEnded) continue
    const body = messages.map((message) => notificationMessage(facts.profile, message)).join('')
    const text = envelope(`<wsnt:Notify>${body}</wsnt:Notify>`, {
      namespaces: facts.profile.topicNamespaces,
      action: `http://docs.oasis-open.org/wsn/bw-2/NotificationConsumer/Notify`,
    })
    const addressed = text.replace('</wsa:Action>', `</wsa:Action><wsa:To>${escapeXml(consumer.href)}</wsa:To>`)
    const isDelivered = await post(consumer, addressed, facts.address, point.signal)
    failures = isDelivered ? 0 : failures + 1
  }
}

/** From the camera's own address: a consumer may listen to that one alone. */
function post(url: URL, text: string, localAddress: string, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const options = {
      method: 'POST',
      agent: false,
      localAddress,
      signal: AbortSignal.any([signal, AbortSignal.timeout(POST_TIMEOUT_MS)]),
      headers: { 'Content-Type': `application/soap+xml; charset=utf-8`, 'Content-Length': Buffer.byteLength(text) },
    }
    const request = httpRequest(url, options, (response) => {
      // What a consumer answers says nothing more.
      response.destroy()
      resolve((response.statusCode ?? 500) < 300)
    })
    request.on('error', () => resolve(false))
    request.end(text)
  })
}
