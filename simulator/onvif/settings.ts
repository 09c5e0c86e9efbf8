import { FIRST_CLOCK } from './clock-settings.ts'
import type { Account } from './http-digest.ts'
import type { NetworkSettings } from './network-settings.ts'
import { PtzHead } from './ptz-head.ts'
import { Users } from './users.ts'

/** How a relay output behaves (ONVIF Core 8.6). */
export interface Relay {
  readonly mode: 'Monostable' | 'Bistable'
  readonly delay: string
  readonly idleState: 'closed' | 'open'
  readonly isActive: boolean
}

/** A picture's settings, by element name, as ONVIF writes their values. */
export type ImagingSettings = Map<string, string>

/** What a client may set of a stream's encoder. It is remembered and told; the video stays as it is. */
export interface EncoderSettings {
  /** Per second. */
  readonly frameRate: number
  readonly bitrateKbit: number
  readonly quality: number
  readonly govLength: number
}

/** What a camera begins with. */
export interface FirstSettings {
  readonly scopes: readonly string[]
  readonly relayOutputs: number
  readonly digitalInputs: number
  readonly account: Account
}

const SCOPES_MAX = 64

/** What a client may change of a camera. A factory reset undoes it; a reboot doesn't. */
export class Settings {
  readonly relays = new Map<string, Relay>()
  /** The digital inputs' idle states, by token. */
  readonly inputs = new Map<string, Relay['idleState']>()
  readonly users: Users
  /** By the encoder's token; none is as the camera has it of itself. */
  readonly encoders = new Map<string, EncoderSettings>()
  network: NetworkSettings = {}
  clock = FIRST_CLOCK
  readonly #scopes: string[] = []
  readonly #imaging = new Map<number, ImagingSettings>()
  readonly #heads = new Map<number, PtzHead>()
  readonly #first: FirstSettings
  isDiscoverable = true

  constructor(first: FirstSettings) {
    this.#first = first
    this.users = new Users(first.account)
    this.reset()
  }

  reset(): void {
    this.isDiscoverable = true
    this.network = {}
    this.clock = FIRST_CLOCK
    this.users.reset()
    this.encoders.clear()
    this.scopes = this.#first.scopes
    this.#imaging.clear()
    this.#heads.clear()
    this.relays.clear()
    for (let i = 1; i <= this.#first.relayOutputs; i++)
      this.relays.set(`RelayOutput_${i}`, { mode: 'Bistable', delay: 'PT0S', idleState: 'open', isActive: false })
    this.inputs.clear()
    for (let i = 1; i <= this.#first.digitalInputs; i++) this.inputs.set(`DigitalInput_${i}`, 'open')
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
