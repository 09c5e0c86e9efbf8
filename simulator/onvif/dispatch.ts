import { deviceOperations, PRE_AUTH_OPERATIONS } from './device.ts'
import { type Caller, EVENT_ACTIONS, eventOperations, subscriptionOperation } from './events.ts'
import type { CameraFacts, Operations } from './facts.ts'
import type { Admission } from './guard.ts'
import { mediaOperations } from './media.ts'
import { envelope, NAMESPACES, notAuthorized, notSupported, type SoapRequest } from './soap.ts'
import type { Subscriptions } from './subscriptions.ts'

/** All ONVIF services of one camera behind one call. */
export class Dispatch {
  readonly #facts: CameraFacts
  readonly #subscriptions: Subscriptions
  readonly #services: ReadonlyMap<string, Operations>

  constructor(facts: CameraFacts, subscriptions: Subscriptions) {
    this.#facts = facts
    this.#subscriptions = subscriptions
    this.#services = new Map([
      [NAMESPACES.tds, deviceOperations(facts)],
      [NAMESPACES.trt, mediaOperations(facts)],
      [NAMESPACES.tev, eventOperations(facts)],
    ])
  }

  /** Answers with a whole envelope. Throws SoapFault where the request is refused. */
  async answer(request: SoapRequest, admission: Admission, caller: Caller): Promise<string> {
    if (!admission.admitted && !this.#isOpenToAll(request, admission)) throw notAuthorized()
    const isEvent = request.namespace === NAMESPACES.tev || request.namespace === NAMESPACES.wsnt
    const operations = this.#services.get(request.namespace)
    const operation =
      operations && Object.hasOwn(operations, request.operation) ? operations[request.operation] : undefined
    const body =
      operation?.(request) ??
      (isEvent ? await subscriptionOperation(this.#facts, this.#subscriptions, request, caller) : undefined)
    if (body === undefined) throw notSupported()
    return envelope(body, {
      namespaces: isEvent ? this.#facts.profile.topicNamespaces : {},
      action: isEvent ? EVENT_ACTIONS[request.operation] : undefined,
      relatesTo: isEvent ? request.messageId : undefined,
    })
  }

  /** A credential that was given and is wrong is refused even where none is needed, as cameras do. */
  #isOpenToAll(request: SoapRequest, admission: Admission): boolean {
    return (
      this.#facts.profile.preAuth &&
      admission.credential === 'none' &&
      request.namespace === NAMESPACES.tds &&
      PRE_AUTH_OPERATIONS.has(request.operation)
    )
  }
}
