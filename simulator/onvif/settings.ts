import { PtzHead } from './ptz-head.ts'

/** How a relay output behaves (ONVIF Core 8.6). */
export interface Relay {
  readonly mode: 'Monostable' | 'Bistable'
  readonly delay: string
  readonly idleState: 'closed' | 'open'
  readonly isActive: boolean
}

/** A picture's settings, by element name, as ONVIF writes their values. */
export type ImagingSettings = Map<string, string>

const SCOPES_MAX = 64

/** What a client may change of a camera. A factory reset undoes it; a reboot doesn't. */
export class Settings {
  readonly relays = new Map<string, Relay>()
  readonly #scopes: string[] = []
  readonly #imaging = new Map<number, ImagingSettings>()
  readonly #heads = new Map<number, PtzHead>()
  readonly #defaultScopes: readonly string[]
  readonly #relayCount: number
  isDiscoverable = true

  constructor(defaultScopes: readonly string[], relayCount: number) {
    this.#defaultScopes = defaultScopes
    this.#relayCount = relayCount
    this.reset()
  }

  reset(): void {
    this.isDiscoverable = true
    this.scopes = this.#defaultScopes
    this.#imaging.clear()
    this.#heads.clear()
    this.relays.clear()
    for (let i = 1; i <= this.#relayCount; i++)
      this.relays.set(`RelayOutput_${i}`, { mode: 'Bistable', delay: 'PT0S', idleState: 'open', isActive: false })
  }

  /** Those that a client may change. */
  get scopes(): readonly string[] {
    return this.#scopes
  }

  set scopes(scopes: readonly string[]) {
    this.#scopes.splice(0, Number.POSITIVE_INFINITY, ...new Set(scopes))
    this.#scopes.length = Math.min(this.#scopes.length, SCOPES_MAX)
  }

  imagingOf(channel: number, defaults: () => ImagingSettings): ImagingSettings {
    const settings = this.#imaging.get(channel) ?? defaults()
    this.#imaging.set(channel, settings)
    return settings
  }

  headOf(channel: number): PtzHead {
    const head = this.#heads.get(channel) ?? new PtzHead()
    this.#heads.set(channel, head)
    return head
  }
}
