import { child, descend, escapeXml } from '../discovery/xml.ts'
import { eventCapabilities } from './capabilities.ts'
import { parseDuration, parseTermination } from './duration.ts'
import { notificationMessage, topicSet } from './event-message.ts'
import { type CameraFacts, dateTime, type Operations } from './facts.ts'
import type { PullPoint } from './pull-point.ts'
import { consumerAt, pushTo } from './push.ts'
import { invalidArgument, noSuchSubscription, type SoapRequest } from './soap.ts'
import type { Subscriptions } from './subscriptions.ts'

const TEV = 'http://www.onvif.org/ver10/events/wsdl'
const BW2 = 'http://docs.oasis-open.org/wsn/bw-2'
const PULL_TIMEOUT_MS_MAX = 5 * 60_000
const TERMINATION_MS_MAX = 366 * 86_400_000

/** The wsa:Action of each answer (ONVIF Core 9, and WS-BaseNotification's own for its operations). */
export const EVENT_ACTIONS: Readonly<Record<string, string>> = {
  GetServiceCapabilities: `${TEV}/EventPortType/GetServiceCapabilitiesResponse`,
  GetEventProperties: `${TEV}/EventPortType/GetEventPropertiesResponse`,
  CreatePullPointSubscription: `${TEV}/EventPortType/CreatePullPointSubscriptionResponse`,
  PullMessages: `${TEV}/PullPointSubscription/PullMessagesResponse`,
  SetSynchronizationPoint: `${TEV}/PullPointSubscription/SetSynchronizationPointResponse`,
  Subscribe: `${BW2}/NotificationProducer/SubscribeResponse`,
  Renew: `${BW2}/SubscriptionManager/RenewResponse`,
  Unsubscribe: `${BW2}/SubscriptionManager/UnsubscribeResponse`,
}

/** The event service's operations at its own address (ONVIF Core 9). */
export function eventOperations(facts: CameraFacts): Operations {
  return {
    GetServiceCapabilities: () =>
      `<tev:GetServiceCapabilitiesResponse>${eventCapabilities(facts)}</tev:GetServiceCapabilitiesResponse>`,
    GetEventProperties: () =>
      '<tev:GetEventPropertiesResponse><tev:TopicNamespaceLocation>http://www.onvif.org/onvif/ver10/topics/topicns.xml</tev:TopicNamespaceLocation>' +
      `<wsnt:FixedTopicSet>true</wsnt:FixedTopicSet>${topicSet(facts.profile)}` +
      '<wsnt:TopicExpressionDialect>http://www.onvif.org/ver10/tev/topicExpression/ConcreteSet</wsnt:TopicExpressionDialect>' +
      '<wsnt:TopicExpressionDialect>http://docs.oasis-open.org/wsn/t-1/TopicExpression/Concrete</wsnt:TopicExpressionDialect>' +
      '<tev:MessageContentFilterDialect>http://www.onvif.org/ver10/tev/messageContentFilter/ItemFilter</tev:MessageContentFilterDialect>' +
      '<tev:MessageContentSchemaLocation>http://www.onvif.org/onvif/ver10/schema/onvif.xsd</tev:MessageContentSchemaLocation></tev:GetEventPropertiesResponse>',
  }
}

/** Where an event request came from, and whether its sender still listens. */
export interface Caller {
  readonly address: string
  readonly path: string
  readonly signal: AbortSignal
}

/** Those that `subscriptionOperation` answers. */
export const SUBSCRIPTION_OPERATIONS: readonly string[] = [
  'tev:CreatePullPointSubscription',
  'wsnt:Subscribe',
  'tev:PullMessages',
  'tev:SetSynchronizationPoint',
  'wsnt:Renew',
  'wsnt:Unsubscribe',
]

/** CreatePullPointSubscription, Subscribe and the operations of a subscription. Says undefined for any other. */
export async function subscriptionOperation(
  facts: CameraFacts,
  subscriptions: Subscriptions,
  request: SoapRequest,
  caller: Caller,
): Promise<string | undefined> {
  if (request.operation === 'CreatePullPointSubscription') return create(facts, subscriptions, request, caller)
  if (request.operation === 'Subscribe') return subscribe(facts, subscriptions, request, caller)
  if (!['PullMessages', 'Renew', 'Unsubscribe', 'SetSynchronizationPoint'].includes(request.operation)) return undefined
  const echoed = child(request.header, 'SubscriptionId')?.text
  const point = subscriptions.find(caller.path, caller.address, echoed)
  switch (request.operation) {
    case 'PullMessages':
      return pull(facts, point, request, caller.signal)
    case 'Renew':
      point.endsAtMs = facts.now() + termination(facts, child(request.body, 'TerminationTime')?.text)
      return `<wsnt:RenewResponse>${times(facts, point).reverse().join('')}</wsnt:RenewResponse>`
    case 'Unsubscribe':
      subscriptions.remove(point)
      return '<wsnt:UnsubscribeResponse/>'
    default:
      subscriptions.synchronize(point)
      return '<tev:SetSynchronizationPointResponse/>'
  }
}

function create(facts: CameraFacts, subscriptions: Subscriptions, request: SoapRequest, caller: Caller): string {
  const ttlMs = termination(facts, descend(request.body, 'InitialTerminationTime')?.text)
  const point = subscriptions.create(caller.address, ttlMs)
  const reference = `<tev:SubscriptionReference>${managerOf(facts, point)}</tev:SubscriptionReference>`
  return `<tev:CreatePullPointSubscriptionResponse>${reference}${times(facts, point).join('')}</tev:CreatePullPointSubscriptionResponse>`
}

/** WS-BaseNotification 1.3, 4.2: the camera posts to the subscriber, which must be the caller itself. */
function subscribe(facts: CameraFacts, subscriptions: Subscriptions, request: SoapRequest, caller: Caller): string {
  const consumer = consumerAt(descend(request.body, 'ConsumerReference', 'Address')?.text, caller.address)
  const ttlMs = termination(facts, descend(request.body, 'InitialTerminationTime')?.text)
  const point = subscriptions.create(caller.address, ttlMs)
  void pushTo(consumer, point, facts).finally(() => subscriptions.remove(point))
  const reference = `<wsnt:SubscriptionReference>${managerOf(facts, point)}</wsnt:SubscriptionReference>`
  return `<wsnt:SubscribeResponse>${reference}${times(facts, point).join('')}</wsnt:SubscribeResponse>`
}

/** Where a subscription is managed, and what must be echoed there. */
function managerOf(facts: CameraFacts, point: PullPoint): string {
  const address = `http://${facts.address}:${facts.ports.subscription}${point.path}`
  const parameters =
    facts.profile.subscription.by === 'parameter'
      ? `<wsa:ReferenceParameters><dom0:SubscriptionId xmlns:dom0="http://www.axis.com/2009/event">${point.id}</dom0:SubscriptionId></wsa:ReferenceParameters>`
      : ''
  return `<wsa:Address>${escapeXml(address)}</wsa:Address>${parameters}`
}

function termination(facts: CameraFacts, text: string | undefined): number {
  if (!text) return facts.profile.terminationDefaultMs
  const ttlMs = parseTermination(text, facts.cameraNow())
  if (ttlMs <= 0 || ttlMs > TERMINATION_MS_MAX)
    throw invalidArgument('ter:InvalidArgs', 'The termination time is out of range')
  return ttlMs
}

/** CurrentTime and TerminationTime, in the order of all answers but Renew's (WS-BaseNotification 1.3, 6.1.1). */
function times(facts: CameraFacts, point: PullPoint, prefix: 'wsnt' | 'tev' = 'wsnt'): string[] {
  const now = facts.cameraNow()
  const digits = facts.profile.eventTimeDigits
  return [
    `<${prefix}:CurrentTime>${dateTime(now, digits)}</${prefix}:CurrentTime>`,
    `<${prefix}:TerminationTime>${dateTime(now + point.endsAtMs - facts.now(), digits)}</${prefix}:TerminationTime>`,
  ]
}

async function pull(facts: CameraFacts, point: PullPoint, request: SoapRequest, signal: AbortSignal): Promise<string> {
  const timeoutMs = Math.min(parseDuration(child(request.body, 'Timeout')?.text ?? 'PT1M'), PULL_TIMEOUT_MS_MAX)
  const limit = Math.max(1, Math.trunc(Number(child(request.body, 'MessageLimit')?.text)) || 1)
  if (facts.profile.pullExtends) point.endsAtMs = Math.max(point.endsAtMs, facts.now() + point.ttlMs)
  const { faults } = facts
  if (faults.isOn('pull-hang')) await new Promise((resolve) => signal.addEventListener('abort', resolve))
  const isAtOnce = faults.isOn('pull-empty-at-once')
  const most = faults.isOn('pull-limit-ignored') ? Number.POSITIVE_INFINITY : limit
  const messages = isAtOnce ? [] : await point.pull(most, timeoutMs, signal)
  if (point.isEnded) throw noSuchSubscription()
  return (
    `<tev:PullMessagesResponse>${times(facts, point, 'tev').join('')}` +
    `${messages.map((message) => notificationMessage(facts.profile, message)).join('')}</tev:PullMessagesResponse>`
  )
}
