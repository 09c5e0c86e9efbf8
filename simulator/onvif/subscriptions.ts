import type { EventKind, EventShape } from '../profiles/profile.ts'
import type { EventMessage } from './event-message.ts'
import type { CameraFacts } from './facts.ts'
import { PullPoint } from './pull-point.ts'
import { noSuchSubscription, SoapFault } from './soap.ts'

const HISTORY_MAX = 1000
const FLOOD_MAX = 5000

/** All subscriptions of one camera, those that it pushes to included, and the state of each of its topics. */
export class Subscriptions {
  readonly #facts: CameraFacts
  readonly #points = new Map<number, PullPoint>()
  readonly #active = new Set<string>()
  readonly #history: EventMessage[] = []
  #lastId: number

  constructor(facts: CameraFacts) {
    this.#facts = facts
    this.#lastId = facts.identity.variety % 20
  }

  /** Throws SoapFault, as the brand words it, where all slots are taken. */
  create(owner: string, ttlMs: number): PullPoint {
    const { profile, faults, now } = this.#facts
    this.#dropEnded()
    if (this.#points.size >= profile.pullPointsMax || faults.isOn('slots-full'))
      throw new SoapFault('Receiver', [profile.slotsFullSubcode], 'No more pull points can be made')
    const id = ++this.#lastId
    const path = profile.subscription.path
      .replaceAll('{time}', String(Math.floor(now() / 1000)))
      .replaceAll('{n}', String(id))
    const lifeMs = faults.isOn('subscription-short') ? faults.valueOf('subscription-short') : ttlMs
    const point = new PullPoint(id, owner, path, lifeMs, now())
    if (faults.isOn('subscription-forgotten')) return point
    this.#points.set(id, point)
    if (!faults.isOn('event-no-initial')) this.synchronize(point)
    return point
  }

  /** The pull point that a request means. Throws SoapFault where there is none, or no more. */
  find(path: string, owner: string, echoedId: string | undefined): PullPoint {
    this.#dropEnded()
    const { by } = this.#facts.profile.subscription
    const point = [...this.#points.values()].findLast((one) => {
      if (by === 'parameter') return echoedId === String(one.id)
      return one.path === path && (by === 'path' || one.owner === owner)
    })
    if (!point) throw noSuchSubscription()
    return point
  }

  remove(point: PullPoint): void {
    if (this.#facts.faults.isOn('unsubscribe-ends-all') && this.#points.has(point.id)) {
      this.endAll()
      return
    }
    this.#end(point)
  }

  #end(point: PullPoint): void {
    this.#points.delete(point.id)
    point.end()
  }

  /** Tells every subscriber that a kind of event began or ended on a channel, in all of the brand's topics for it. */
  publish(kind: EventKind, channel: number, active: boolean): void {
    const { faults } = this.#facts
    if (faults.isOn('events-dead') || (faults.isOn('event-stuck') && !active)) return
    const copies = faults.isOn('event-duplicate') ? 2 : 1
    for (const shape of this.#facts.profile.events) {
      if (shape.kind !== kind) continue
      const key = stateKey(shape, channel)
      if (active) this.#active.add(key)
      else this.#active.delete(key)
      const message = this.#message(shape, channel, 'Changed')
      this.#history.push(message)
      if (this.#history.length > HISTORY_MAX) this.#history.shift()
      for (const point of this.#points.values()) for (let i = 0; i < copies; i++) point.push(message)
    }
  }

  /** Sends the present state of every topic (ONVIF Core 9.6). */
  synchronize(point: PullPoint): void {
    const { faults } = this.#facts
    if (faults.isOn('events-dead')) return
    const times = faults.isOn('initialized-flood') ? Math.min(faults.valueOf('initialized-flood'), FLOOD_MAX) : 1
    for (let i = 0; i < times; i++) this.#tellState(point)
  }

  #tellState(point: PullPoint): void {
    for (let channel = 1; channel <= this.#facts.showings.length; channel++)
      for (const shape of this.#facts.profile.events) point.push(this.#message(shape, channel, 'Initialized'))
  }

  /** What was raised since the start, the oldest first, at most the last 1,000. */
  get history(): readonly EventMessage[] {
    return this.#history
  }

  endAll(): void {
    for (const point of this.#points.values()) this.#end(point)
  }

  #message(shape: EventShape, channel: number, operation: EventMessage['operation']): EventMessage {
    const active = this.#active.has(stateKey(shape, channel))
    return { shape, channel, active, cameraTimeMs: this.#facts.cameraNow(), operation }
  }

  #dropEnded(): void {
    const now = this.#facts.now()
    for (const point of this.#points.values()) if (point.endsAtMs <= now) this.#end(point)
  }
}

function stateKey(shape: EventShape, channel: number): string {
  return `${shape.topic}#${channel}`
}
