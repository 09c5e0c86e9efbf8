import type { Journal } from '../journal/journal.ts'
import type { Subscriptions } from '../onvif/subscriptions.ts'
import type { EventKind, Profile } from '../profiles/profile.ts'
import type { Agenda } from './agenda.ts'
import { seededRandom } from './chance.ts'

const ACTIVE_MS_MIN = 1000
const ACTIVE_MS_MAX = 3000

/** Sets the row that on-demand events draw from apart from that of the spontaneous ones. */
const OTHER_ROW = 0x5bd1e995

interface Means {
  readonly profile: Profile
  readonly journal: Journal
  readonly subscriptions: Subscriptions
  readonly agenda: Agenda
}

/** One camera's events: each begins, is told, and ends by itself. */
export class CameraEvents {
  /** The kinds that this brand has. */
  readonly kinds: readonly EventKind[]
  readonly #means: Means
  /** One row of chances for what happens by itself, and one for what is asked for, so that asking doesn't change the former. */
  readonly #spontaneous: () => number
  readonly #onDemand: () => number
  readonly #ongoing = new Map<EventKind, number>()

  constructor(means: Means, variety: number) {
    this.#means = means
    this.kinds = [...new Set(means.profile.events.map((shape) => shape.kind))]
    this.#spontaneous = seededRandom(variety)
    this.#onDemand = seededRandom(variety ^ OTHER_ROW)
  }

  /** How long one lasts for which nobody says it: one to three seconds, in whole ms. */
  duration(): number {
    return lasting(this.#onDemand)
  }

  get ongoing(): readonly EventKind[] {
    return this.kinds.filter((kind) => (this.#ongoing.get(kind) ?? 0) > 0)
  }

  begin(kind: EventKind, channel: number, activeMs: number): void {
    this.#tell(kind, channel, true)
    this.#means.agenda.after(activeMs, () => this.#tell(kind, channel, false))
  }

  #tell(event: EventKind, channel: number, active: boolean): void {
    this.#ongoing.set(event, (this.#ongoing.get(event) ?? 0) + (active ? 1 : -1))
    this.#means.journal.add({ kind: 'event', event, channel, active })
    this.#means.subscriptions.publish(event, channel, active)
  }

  /** Lets motions happen by chance, each after two to four thirds of the interval, and sometimes another kind with one. */
  goOnByChance(intervalMs: number, raise: (kind: EventKind, channel: number, activeMs: number) => void): void {
    if (intervalMs <= 0) return
    const random = this.#spontaneous
    this.#means.agenda.after((intervalMs * (2 + 2 * random())) / 3, () => {
      const channel = 1 + Math.floor(random() * this.#means.profile.channels)
      raise('motion', channel, lasting(random))
      const others = this.kinds.filter((kind) => kind !== 'motion')
      const other = others[Math.floor(random() * others.length * 3)]
      if (other) raise(other, channel, lasting(random))
      this.goOnByChance(intervalMs, raise)
    })
  }
}

function lasting(random: () => number): number {
  return Math.round(ACTIVE_MS_MIN + random() * (ACTIVE_MS_MAX - ACTIVE_MS_MIN))
}
