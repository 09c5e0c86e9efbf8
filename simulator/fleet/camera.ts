import { Responder } from '../discovery/responder.ts'
import { type FaultName, type FaultSetting, parseFault } from '../faults/fault.ts'
import { FaultSwitches } from '../faults/switches.ts'
import type { Scene } from '../imaging/scene.ts'
import { Showing } from '../imaging/showing.ts'
import type { Video } from '../imaging/video.ts'
import { Journal } from '../journal/journal.ts'
import { Dispatch } from '../onvif/dispatch.ts'
import { type CameraFacts, httpUri, scopesOf } from '../onvif/facts.ts'
import { Guard } from '../onvif/guard.ts'
import type { Account } from '../onvif/http-digest.ts'
import { OnvifServer } from '../onvif/server.ts'
import { Subscriptions } from '../onvif/subscriptions.ts'
import { type ProfileName, profileNamed } from '../profiles/catalogue.ts'
import { type Identity, identify } from '../profiles/identity.ts'
import type { EventKind, Profile } from '../profiles/profile.ts'
import type { Pacer } from '../rtsp/pacer.ts'
import { createRtspServer } from '../rtsp/server.ts'
import type { Agenda } from './agenda.ts'
import { seededRandom } from './chance.ts'
import { explainBind, Listening } from './listening.ts'
import { type CameraOptions, DEFAULTS } from './options.ts'

/** What is so, for tests and people to compare with what a client found out. */
export interface CameraTruth {
  readonly manufacturer: string
  readonly model: string
  readonly firmware: string
  readonly serial: string
  readonly hardwareId: string
  readonly macs: readonly string[]
  /** `urn:uuid:…` */
  readonly endpoint: string
  readonly channels: number
  readonly hostname: string
}

/** What all cameras of a fleet share, and where this one stands. */
export interface Surroundings {
  readonly index: number
  readonly address: string
  readonly httpPort: number | undefined
  readonly rtspPort: number
  readonly discoveryPort: number
  readonly account: Account
  readonly seed: string
  readonly scenes: readonly Scene[]
  /** Streamed in place of the scenes. */
  readonly video: Video | undefined
  readonly now: () => number
  readonly pacer: Pacer
  readonly agenda: Agenda
}

const ACTIVE_MS_MIN = 1000
const ACTIVE_MS_MAX = 3000

/** A running camera. */
export class SimulatedCamera implements AsyncDisposable {
  readonly id: string
  readonly name: string
  readonly address: string
  readonly profile: ProfileName
  readonly truth: CameraTruth
  readonly account: Account
  readonly journal: Journal
  readonly #facts: CameraFacts
  readonly #faults: FaultSwitches
  readonly #subscriptions: Subscriptions
  readonly #agenda: Agenda
  readonly #random: () => number
  readonly #eventIntervalMs: number
  readonly #listening: Listening[] = []
  readonly #guard: Guard
  #responder: Responder | undefined

  private constructor(options: CameraOptions, around: Surroundings) {
    const profile = profileNamed(options.profile)
    const identity = identify(profile, around.address, around.seed)
    this.id = `${profile.name}-${around.index + 1}`
    this.address = around.address
    this.profile = options.profile
    this.account = around.account
    this.journal = new Journal(around.now)
    this.#faults = new FaultSwitches(options.faults?.map(parseFault))
    this.#agenda = around.agenda
    this.#random = seededRandom(identity.variety)
    this.#eventIntervalMs = options.eventIntervalMs ?? DEFAULTS.eventIntervalMs
    const showings = showingsFor(profile, identity, around)
    this.name = options.name ?? nameFor(profile, showings[0])
    const cameraNow = () => around.now() + this.#faults.valueOf('clock-skew') * 1000
    this.#guard = new Guard(profile, identity.realm, this.account, this.#faults, around.now, cameraNow)
    this.#facts = {
      profile,
      identity,
      name: this.name,
      address: around.address,
      showings,
      faults: this.#faults,
      now: around.now,
      cameraNow,
      startedMs: around.now(),
      ports: { http: 0, rtsp: 0, subscription: 0 },
    }
    this.#subscriptions = new Subscriptions(this.#facts)
    const { manufacturer, model, firmware, hardwareId, channels } = profile
    const { serial, macs, endpoint, hostname } = identity
    this.truth = { manufacturer, model, firmware, serial, hardwareId, macs, endpoint, channels, hostname }
  }

  /** Throws FleetStartError where an address or port can't be had; nothing stays open then. */
  static async start(options: CameraOptions, around: Surroundings): Promise<SimulatedCamera> {
    const camera = new SimulatedCamera(options, around)
    try {
      await camera.#open(around)
    } catch (error) {
      await camera[Symbol.asyncDispose]()
      throw error
    }
    camera.#scheduleMotion()
    return camera
  }

  async #open(around: Surroundings): Promise<void> {
    const { profile, ports } = this.#facts
    const web = new OnvifServer(this.#facts, this.#guard, new Dispatch(this.#facts, this.#subscriptions), this.journal)
    const http = await this.#listen(web.createServer(), around.httpPort ?? profile.httpPort, '--port or --address')
    ports.http = ports.subscription = http
    const separate = profile.subscription.by === 'path' ? profile.subscription.portIfSeparate : undefined
    if (separate !== undefined)
      ports.subscription = await this.#listen(web.createServer(), around.httpPort === 0 ? 0 : separate, '--address')
    const rtsp = createRtspServer({
      facts: this.#facts,
      guard: this.#guard,
      journal: this.journal,
      pacer: around.pacer,
    })
    ports.rtsp = await this.#listen(rtsp, around.rtspPort, '--rtsp-port or --address')
    this.#responder = await this.#announce(around.discoveryPort)
  }

  async #listen(server: Parameters<typeof Listening.start>[0], port: number, option: string): Promise<number> {
    const listening = await Listening.start(server, this.address, port, option)
    this.#listening.push(listening)
    return listening.port
  }

  async #announce(port: number): Promise<Responder> {
    const facts = this.#facts
    const device = {
      endpoint: facts.identity.endpoint,
      scopes: scopesOf(facts).map((scope) => scope.uri),
      xaddrs: [httpUri(facts, facts.profile.paths.device)],
    }
    const isSilent = () => this.#faults.isOn('unreachable')
    try {
      return await Responder.start({ address: this.address, port, device, journal: this.journal, isSilent })
    } catch (cause) {
      throw explainBind(cause, this.address, port, '--discovery-port or --address')
    }
  }

  get httpPort(): number {
    return this.#facts.ports.http
  }

  get rtspPort(): number {
    return this.#facts.ports.rtsp
  }

  get discoveryPort(): number {
    return this.#responder?.port ?? 0
  }

  get responder(): Responder | undefined {
    return this.#responder
  }

  /** The kinds of event that this brand has. */
  get eventKinds(): readonly EventKind[] {
    return [...new Set(this.#facts.profile.events.map((shape) => shape.kind))]
  }

  get faults(): readonly FaultSetting[] {
    return this.#faults.list()
  }

  /** Says that an event begins now; it ends by itself one to three seconds later. Throws RangeError where the brand has none such. */
  raise(kind: EventKind, channel = 1): void {
    if (!this.eventKinds.includes(kind)) throw new RangeError(`A ${this.profile} camera has no event "${kind}"`)
    if (!Number.isInteger(channel) || channel < 1 || channel > this.truth.channels)
      throw new RangeError(`The camera ${this.id} has no channel ${channel}`)
    this.#tell(kind, channel, true)
    const activeMs = ACTIVE_MS_MIN + this.#random() * (ACTIVE_MS_MAX - ACTIVE_MS_MIN)
    this.#agenda.after(activeMs, () => this.#tell(kind, channel, false))
  }

  #tell(event: EventKind, channel: number, active: boolean): void {
    this.journal.add({ kind: 'event', event, channel, active })
    this.#subscriptions.publish(event, channel, active)
  }

  #scheduleMotion(): void {
    if (this.#eventIntervalMs <= 0) return
    const delayMs = (this.#eventIntervalMs * (2 + 2 * this.#random())) / 3
    this.#agenda.after(delayMs, () => {
      const channel = 1 + Math.floor(this.#random() * this.truth.channels)
      this.raise('motion', channel)
      const others = this.eventKinds.filter((kind) => kind !== 'motion')
      const other = others[Math.floor(this.#random() * others.length * 3)]
      if (other) this.raise(other, channel)
      this.#scheduleMotion()
    })
  }

  /** Throws FaultError where the fault doesn't exist or takes no such value. */
  setFault(name: FaultName, value?: string | number): void {
    this.#faults.set(name, value)
    if (this.#faults.isOn('unreachable')) for (const listening of this.#listening) listening.cutConnections()
  }

  clearFault(name: FaultName): void {
    this.#faults.clear(name)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#subscriptions.endAll()
    await Promise.all([this.#responder, ...this.#listening].map((part) => part?.[Symbol.asyncDispose]()))
  }
}

function showingsFor(profile: Profile, identity: Identity, around: Surroundings): Showing[] {
  return Array.from({ length: profile.channels }, (_, channel) => {
    const scene = around.scenes[(around.index + channel) % around.scenes.length]
    if (!scene) throw new RangeError('There are no scenes to show')
    const own = profile.mainCodec === 'h265' ? scene.h265 : scene
    return new Showing(scene, identity.variety + channel * 31, around.video ?? own)
  })
}

function nameFor(profile: Profile, showing: Showing | undefined): string {
  if (profile.channels > 1) return 'Recorder'
  const words = showing?.scene.name.replaceAll('-', ' ') ?? profile.name
  return words.charAt(0).toUpperCase() + words.slice(1)
}
