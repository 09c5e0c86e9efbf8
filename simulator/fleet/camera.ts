import type { Responder } from '../discovery/responder.ts'
import { checkFault, type FaultName, type FaultSetting } from '../faults/fault.ts'
import type { Journal } from '../journal/journal.ts'
import type { Account } from '../onvif/http-digest.ts'
import { identify } from '../profiles/identity.ts'
import type { EventKind } from '../profiles/profile.ts'
import { seededRandom } from './chance.ts'
import { beginFault, endFault, type Faulty } from './device-faults.ts'
import { type CameraOptions, DEFAULTS } from './options.ts'
import { assemble, type CameraParts, type Surroundings } from './parts.ts'
import { CameraSockets, type Ports } from './sockets.ts'

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

/** An answer gets away before the camera that gave it goes down. */
const LAST_ANSWER_MS = 100

const ACTIVE_MS_MIN = 1000
const ACTIVE_MS_MAX = 3000

/** A running camera. */
export class SimulatedCamera implements AsyncDisposable {
  readonly id: string
  readonly name: string
  /** Its name. */
  readonly profile: string
  readonly account: Account
  readonly journal: Journal
  readonly #parts: CameraParts
  readonly #around: Surroundings
  readonly #random: () => number
  readonly #eventIntervalMs: number
  readonly #stopped = new AbortController()
  #ports: Ports
  #sockets: CameraSockets | undefined
  #change: Promise<unknown> = Promise.resolve()

  private constructor(options: CameraOptions, around: Surroundings) {
    const soon = (go: () => Promise<void>) => around.agenda.after(LAST_ANSWER_MS, () => void go().catch(() => {}))
    const going = {
      reboot: (address?: string) => soon(() => this.reboot(undefined, address)),
      move: (address: string) => soon(() => this.#tryMove(address)),
    }
    this.#around = around
    this.#parts = assemble(options, around, going)
    const { facts, journal, ports, place } = this.#parts
    this.id = `${facts.profile.name}-${around.index + 1}`
    this.name = facts.name
    this.profile = facts.profile.name
    this.account = around.account
    this.journal = journal
    this.#ports = ports
    this.#random = seededRandom(place.identity.variety)
    this.#eventIntervalMs = options.eventIntervalMs ?? DEFAULTS.eventIntervalMs
  }

  /** Throws FleetStartError where an address or port can't be had; nothing stays open then. */
  static async start(options: CameraOptions, around: Surroundings): Promise<SimulatedCamera> {
    const camera = new SimulatedCamera(options, around)
    await camera.switchOn()
    for (const { name, value } of camera.faults) camera.#begin(name, value)
    await camera.settled()
    camera.#scheduleMotion()
    return camera
  }

  get address(): string {
    return this.#parts.place.address
  }

  /** What is so, for tests and people to compare with what a client found out. */
  get truth(): CameraTruth {
    const { manufacturer, model, firmware, hardwareId, channels } = this.#parts.facts.profile
    const { serial, macs, endpoint, hostname: first } = this.#parts.place.identity
    const { hostname = first } = this.#parts.facts.settings.network
    return { manufacturer, model, firmware, serial, hardwareId, macs, endpoint, channels, hostname }
  }

  get isOn(): boolean {
    return this.#sockets !== undefined
  }

  /** Cuts the power: all connections end, subscriptions are forgotten, and no Bye is said. */
  switchOff(): Promise<void> {
    return this.#inTurn(() => this.#close())
  }

  /** Throws FleetStartError where another took the camera's address or port meanwhile. */
  switchOn(): Promise<void> {
    return this.#inTurn(() => this.#open())
  }

  /** Says Bye, is away for as long as the brand takes to boot, and says Hello, at that address where one is given. */
  reboot(awayMs = this.#bootMs(), address?: string): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#around.group.isJoined) await this.#sockets?.responder.sayBye()
      await this.#close()
      await this.#pause(awayMs)
      this.#parts.place.address = address ?? this.address
      await this.#open()
    })
  }

  #bootMs(): number {
    const { faults, facts } = this.#parts
    return faults.isOn('slow-boot') ? faults.valueOf('slow-boot') * 1000 : facts.profile.rebootMs
  }

  /** Takes another address, as by DHCP. Throws FleetStartError where it can't be had; the camera is off then. */
  moveTo(address: string): Promise<void> {
    return this.#inTurn(async () => {
      await this.#close()
      this.#parts.place.address = address
      await this.#open()
    })
  }

  /** As its owner asked of it over ONVIF: back to where it stood, if the address can't be had. */
  async #tryMove(address: string): Promise<void> {
    const before = this.address
    await this.moveTo(address).catch(() => this.moveTo(before))
  }

  /**
   * Puts another device of the same brand at this address, with a serial, MAC and endpoint reference of its own.
   * The same number stands for the same device; 0 is the first.
   */
  swap(device = this.#parts.place.swaps + 1): Promise<void> {
    return this.#inTurn(async () => {
      await this.#close()
      const { place, facts } = this.#parts
      place.swaps = device
      const seed = device === 0 ? this.#around.seed : `${this.#around.seed}/${device}`
      place.identity = identify(facts.profile, this.#around.address, seed)
      facts.settings.reset()
      await this.#open()
    })
  }

  /** Waits until all changes of power and place that were asked for so far are done. */
  async settled(): Promise<void> {
    await this.#change
  }

  /** One change of power or place after the other. */
  #inTurn(change: () => Promise<void>): Promise<void> {
    const turn = this.#change.then(() => (this.#stopped.signal.aborted ? undefined : change()))
    this.#change = turn.catch(() => {})
    return turn
  }

  #pause(forMs: number): Promise<void> {
    return new Promise((resolve) => {
      this.#stopped.signal.addEventListener('abort', () => resolve())
      this.#around.agenda.after(forMs, resolve)
    })
  }

  async #open(): Promise<void> {
    if (this.#sockets || this.#stopped.signal.aborted) return
    const sockets = await CameraSockets.open(this.#parts.place.address, this.#ports, this.#parts.voices)
    this.#sockets = sockets
    this.#ports = sockets.ports
    const { http, rtsp, subscription } = sockets.ports
    Object.assign(this.#parts.facts.ports, { http, rtsp, subscription: subscription ?? http })
    this.#parts.place.startedMs = this.#around.now()
    if (this.#parts.faults.isOn('connection-refused')) await sockets.refuseConnections(true)
    if (this.#around.group.isJoined) await sockets.responder.sayHello()
  }

  async #close(): Promise<void> {
    const sockets = this.#sockets
    this.#sockets = undefined
    this.#parts.subscriptions.endAll()
    await sockets?.[Symbol.asyncDispose]()
  }

  get httpPort(): number {
    return this.#ports.http
  }

  get rtspPort(): number {
    return this.#ports.rtsp
  }

  get discoveryPort(): number {
    return this.#ports.discovery
  }

  get responder(): Responder | undefined {
    return this.#sockets?.responder
  }

  /** All ONVIF operations that it knows, as `tds:GetServices`. */
  get operations(): readonly string[] {
    return this.#parts.operations()
  }

  /** The kinds of event that this brand has. */
  get eventKinds(): readonly EventKind[] {
    return [...new Set(this.#parts.facts.profile.events.map((shape) => shape.kind))]
  }

  get faults(): readonly FaultSetting[] {
    return this.#parts.faults.list()
  }

  /** Says that an event begins now; it ends by itself one to three seconds later. Throws RangeError where the brand has none such. */
  raise(kind: EventKind, channel = 1): void {
    if (!this.eventKinds.includes(kind)) throw new RangeError(`A ${this.profile} camera has no event "${kind}"`)
    if (!Number.isInteger(channel) || channel < 1 || channel > this.truth.channels)
      throw new RangeError(`The camera ${this.id} has no channel ${channel}`)
    this.#tell(kind, channel, true)
    const activeMs = ACTIVE_MS_MIN + this.#random() * (ACTIVE_MS_MAX - ACTIVE_MS_MIN)
    this.#around.agenda.after(activeMs, () => this.#tell(kind, channel, false))
  }

  #tell(event: EventKind, channel: number, active: boolean): void {
    this.journal.add({ kind: 'event', event, channel, active })
    this.#parts.subscriptions.publish(event, channel, active)
  }

  #scheduleMotion(): void {
    if (this.#eventIntervalMs <= 0) return
    const delayMs = (this.#eventIntervalMs * (2 + 2 * this.#random())) / 3
    this.#around.agenda.after(delayMs, () => {
      const channel = 1 + Math.floor(this.#random() * this.truth.channels)
      this.raise('motion', channel)
      const others = this.eventKinds.filter((kind) => kind !== 'motion')
      const other = others[Math.floor(this.#random() * others.length * 3)]
      if (other) this.raise(other, channel)
      this.#scheduleMotion()
    })
  }

  /** Throws FaultError where the fault doesn't exist or takes no such value. `settled()` waits for what it does at once. */
  setFault(name: FaultName, value?: string | number): void {
    this.applyFault(checkFault(name, value))
  }

  /** A fault that was parsed already. */
  applyFault(setting: FaultSetting): void {
    const wasOn = this.#parts.faults.isOn(setting.name)
    this.#parts.faults.add(setting)
    if (!wasOn || setting.name === 'moved') this.#begin(setting.name, setting.value)
  }

  clearFault(name: FaultName): void {
    const wasOn = this.#parts.faults.isOn(name)
    this.#parts.faults.clear(name)
    if (wasOn) void endFault(this.#asFaulty(), name).catch(() => {})
  }

  /** Clears all, those that the brand has of itself too. */
  clearFaults(): void {
    for (const { name } of this.faults) this.clearFault(name)
  }

  #begin(name: FaultName, value: number): void {
    void beginFault(this.#asFaulty(), name, value).catch(() => {})
  }

  #asFaulty(): Faulty {
    return {
      firstAddress: this.#around.address,
      isFaulty: (name) => this.#parts.faults.isOn(name),
      clearFault: (name) => this.clearFault(name),
      switchOff: () => this.switchOff(),
      switchOn: () => this.switchOn(),
      reboot: (awayMs) => this.reboot(awayMs),
      moveTo: (address) => this.moveTo(address),
      swap: (device) => this.swap(device),
      refuseConnections: (isRefusing) => this.#inTurn(async () => this.#sockets?.refuseConnections(isRefusing)),
      cutConnections: () => this.#sockets?.cutConnections(),
      raise: (kind) => this.raise(kind),
      after: (delayMs, run) => this.#around.agenda.after(delayMs, run),
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped.abort()
    await this.#change
    await this.#close()
  }
}
