import type { Clock } from '../base/clock.ts'
import { describeError } from '../base/errors.ts'
import type { AgentState, News } from '../commands/control.ts'
import { Keep } from '../commands/keep.ts'
import type { CameraFacts, EventFacts, HealthFacts } from '../protocol/camera.ts'
import type { Id } from '../protocol/envelope.ts'
import type { TransportState } from '../transport/transport.ts'
import type { Witness } from './witness.ts'

type Camera = AgentState['cameras'][number]
const NEWS_KEPT_MAX = 200

/** What a running agent can say of itself at any moment, and as it happens. Bounded by its cameras. */
export class Overview implements Witness {
  readonly news = new Keep<News>(NEWS_KEPT_MAX)
  /** What the broker took since the start, by the message's name. */
  readonly published = new Map<string, { messages: number; bytes: number }>()
  readonly #clock: Clock
  readonly #cameras = new Map<Id, Camera>()
  #link: TransportState = { connected: false, error: undefined, junk: 0, resends: 0 }
  #connects = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get connected(): boolean {
    return this.#link.connected
  }

  /** Of the broker's connection, since the start. */
  counts() {
    const { connected, junk, resends } = this.#link
    return { connected, junk, resends, connects: this.#connects }
  }

  /** Why there is no connection; empty where there is one. */
  get trouble(): string {
    const { connected, error } = this.#link
    return connected || error === undefined ? '' : describeError(error)
  }

  cameras(): Camera[] {
    return [...this.#cameras.values()].toSorted((a, b) => a.address.localeCompare(b.address, 'en', { numeric: true }))
  }

  link(state: TransportState): void {
    if (state.connected && !this.#link.connected) this.#connects += 1
    const was = this.trouble
    this.#link = state
    if (state.connected) this.#tell('connection', 'Connected to the broker')
    else if (this.trouble !== was) this.#tell('connection', this.trouble || 'Not connected')
  }

  sent(name: string, bytes: number): void {
    const { messages = 0, bytes: former = 0 } = this.published.get(name) ?? {}
    this.published.set(name, { messages: messages + 1, bytes: former + bytes })
  }

  activity(text: string, camera?: Id): void {
    this.#tell('activity', text, camera)
  }

  camera(camera: Id, { name, address }: CameraFacts): void {
    this.#cameras.set(camera, { ...this.#of(camera), name, address })
  }

  health(camera: Id, { level, diagnoses }: HealthFacts): void {
    const before = this.#of(camera)
    const codes = diagnoses.map(({ code }) => code)
    this.#cameras.set(camera, { ...before, level, codes })
    if (before.level === level && before.codes.join() === codes.join()) return
    this.#tell('health', [level, ...codes].join(' '), camera)
  }

  event(camera: Id, { kind, active }: EventFacts): void {
    const text = active === undefined ? kind : `${kind} ${active ? 'begins' : 'ends'}`
    this.#cameras.set(camera, { ...this.#of(camera), last: text, lastAt: this.#clock.nowMs() })
    this.#tell('event', text, camera)
  }

  #of(camera: Id): Camera {
    const nothing = { name: '', address: '', level: 'unknown', codes: [], last: '', lastAt: null } as const
    return this.#cameras.get(camera) ?? { camera, ...nothing, codes: [] }
  }

  #tell(kind: News['kind'], text: string, camera?: Id): void {
    this.news.push({ at: this.#clock.nowMs(), kind, text, ...(camera && { camera }) })
  }
}
