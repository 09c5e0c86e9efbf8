import { mayAsk } from './access.ts'
import { deviceOperations, PRE_AUTH_OPERATIONS } from './device.ts'
import { deviceIoOperations } from './device-io.ts'
import {
  type Caller,
  EVENT_ACTIONS,
  eventOperations,
  SUBSCRIPTION_OPERATIONS,
  subscriptionOperation,
} from './events.ts'
import type { CameraFacts, Operations } from './facts.ts'
import type { Admission } from './guard.ts'
import { imagingOperations } from './imaging.ts'
import { mediaOperations } from './media.ts'
import { media2Operations } from './media2.ts'
import { ptzOperations } from './ptz.ts'
import { recordingOperations, replayOperations } from './recordings.ts'
import { multipart, type Reply, replyWith, SOAP_TYPE } from './reply.ts'
import { searchOperations } from './search.ts'
import { envelope, NAMESPACES, notAuthorized, notSupported, type SoapRequest } from './soap.ts'
import type { Subscriptions } from './subscriptions.ts'
import { refuseWrongly, wrongly } from './wrong/answers.ts'

/** While one of these is on, nothing is told to those without a credential. */
const SHUT = ['date-needs-login', 'always-401'] as const

/** Whether the brand never learnt an operation of a service that it has. */
function isLacking({ profile }: CameraFacts, { operation }: SoapRequest): boolean {
  return profile.lacks.includes(operation)
}

/** All ONVIF services of one camera behind one call. */
export class Dispatch {
  readonly #facts: CameraFacts
  readonly #subscriptions: Subscriptions
  #services: ReadonlyMap<string, Operations> | undefined

  constructor(facts: CameraFacts, subscriptions: Subscriptions) {
    this.#facts = facts
    this.#subscriptions = subscriptions
  }

  /** All that it knows, as `tds:GetServices`: the prefix is that of the service's namespace in its answers. */
  operations(): string[] {
    const lacks = (operation: string) => this.#facts.profile.lacks.includes(operation)
    const prefixes = Object.entries(NAMESPACES)
    const own = [...servicesOf(this.#facts, this.#subscriptions)].flatMap(([namespace, operations]) => {
      const prefix = prefixes.find(([, uri]) => uri === namespace)?.[0] ?? ''
      return Object.keys(operations).flatMap((operation) => (lacks(operation) ? [] : `${prefix}:${operation}`))
    })
    return [...own, ...SUBSCRIPTION_OPERATIONS]
  }

  /** Answers with a whole envelope. Throws SoapFault where the request is refused. */
  async answer(request: SoapRequest, admission: Admission, caller: Caller): Promise<Reply> {
    if (!admission.admitted && !this.#isOpenToAll(request, admission)) throw notAuthorized()
    const level = this.#facts.settings.users.get(admission.user ?? '')?.level
    if (level && !mayAsk(level, request)) throw notAuthorized()
    refuseWrongly(request, this.#facts)
    const isEvent = request.namespace === NAMESPACES.tev || request.namespace === NAMESPACES.wsnt
    // Made for the first client: most cameras of a large fleet never have one.
    this.#services ??= servicesOf(this.#facts, this.#subscriptions)
    const operations = this.#services.get(request.namespace)
    const isKnown = operations && Object.hasOwn(operations, request.operation) && !isLacking(this.#facts, request)
    const operation = isKnown ? operations[request.operation] : undefined
    const answer =
      operation?.(request) ??
      (isEvent ? await subscriptionOperation(this.#facts, this.#subscriptions, request, caller) : undefined)
    if (answer === undefined) throw notSupported()
    const { topicNamespaces } = this.#facts.profile
    const body = typeof answer === 'string' ? answer : answer.body
    const text = envelope(body, {
      namespaces: isEvent || request.namespace === NAMESPACES.tse ? topicNamespaces : {},
      action: isEvent ? EVENT_ACTIONS[request.operation] : undefined,
      relatesTo: isEvent ? request.messageId : undefined,
    })
    const told = wrongly(text, request, this.#facts)
    return typeof answer === 'string' ? replyWith(200, SOAP_TYPE, told) : multipart(told, answer.attachment)
  }

  /** A credential that was given and is wrong is refused even where none is needed, as cameras do. */
  #isOpenToAll(request: SoapRequest, admission: Admission): boolean {
    return (
      this.#facts.profile.preAuth &&
      !SHUT.some((name) => this.#facts.faults.isOn(name)) &&
      admission.credential === 'none' &&
      request.namespace === NAMESPACES.tds &&
      PRE_AUTH_OPERATIONS.has(request.operation)
    )
  }
}

function servicesOf(facts: CameraFacts, subscriptions: Subscriptions): ReadonlyMap<string, Operations> {
  const { media2, imaging, ptz, recording, search, replay, deviceIo } = facts.profile.services
  const services = new Map<string, Operations>([
    [NAMESPACES.tds, deviceOperations(facts)],
    [NAMESPACES.trt, mediaOperations(facts)],
    [NAMESPACES.tev, eventOperations(facts)],
  ])
  if (media2) services.set(NAMESPACES.tr2, media2Operations(facts))
  if (imaging) services.set(NAMESPACES.timg, imagingOperations(facts))
  if (ptz) services.set(NAMESPACES.tptz, ptzOperations(facts))
  if (deviceIo) services.set(NAMESPACES.tmd, deviceIoOperations(facts))
  if (recording) services.set(NAMESPACES.trc, recordingOperations(facts))
  if (search) services.set(NAMESPACES.tse, searchOperations(facts, subscriptions))
  if (replay) services.set(NAMESPACES.trp, replayOperations(facts))
  return services
}
