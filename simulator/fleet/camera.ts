import type { Responder } from '../discovery/responder.ts'
import { checkFault, type FaultName, type FaultSetting } from '../faults/fault.ts'
import type { Journal } from '../journal/journal.ts'
import type { Account } from '../onvif/http-digest.ts'
import { identify } from '../profiles/identity.ts'
import type { EventKind } from '../profiles/profile.ts'
import { CameraEvents } from './camera-events.ts'
import { type Deed, describeDeed } from './deed.ts'
import { beginFault, endFault, type Faulty } from './device-faults.ts'
import { type CameraOptions, DEFAULTS } from './options.ts'
import { assemble, type CameraParts, type Surroundings } from './parts.ts'
import { CameraSockets, type Ports } from './sockets.ts'
import { type CameraMakeup, type CameraTruth, truthOf } from './truth.ts'
import { Turns } from './turns.ts'

/** An answer gets away before the camera that gave it goes down. */
const LAST_ANSWER_MS = 100

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
  readonly #makeup: CameraMakeup
  readonly #events: CameraEvents
  readonly #eventIntervalMs: number
  readonly #turns: Turns
  #ports: Ports
  #sockets: CameraSockets | undefined

  private constructor(options: CameraOptions, around: Surroundings) {
    const soon = (go: () => Promise<void>) => around.agenda.after(LAST_ANSWER_MS, () => void go().catch(() => {}))
    this.#around = around
    this.#turns = new Turns(around.agenda)
    this.#parts = assemble(options, around, {
      reboot: (address?: string) => soon(() => this.#restart(undefined, address)),
      // Back to where it stood, if the address can't be had.
      move: (to: string, from = this.address) => soon(() => this.#relocate(to).catch(() => this.#relocate(from))),
    })
    const { facts, journal, ports, place } = this.#parts
    this.id = `${facts.profile.name}-${around.index + 1}`
    this.name = facts.name
    this.profile = facts.profile.name
    this.account = around.account
    this.journal = journal
    this.#ports = ports
    this.#makeup = { profile: facts.profile, address: around.address, name: facts.name, video: options.video }
    this.#events = new CameraEvents(
      { ...this.#parts, profile: facts.profile, agenda: around.agenda },
      place.identity.variety,
    )
    this.#eventIntervalMs = options.eventIntervalMs ?? DEFAULTS.eventIntervalMs
  }

  /** Throws FleetStartError where an address or port can't be had; nothing stays open then. */
  static async start(options: CameraOptions, around: Surroundings): Promise<SimulatedCamera> {
    const camera = new SimulatedCamera(options, around)
    await camera.#turns.take(() => camera.#open())
    for (const { name, value } of camera.faults) camera.#begin(name, value)
    await camera.settled()
    camera.#events.goOnByChance(camera.#eventIntervalMs, (...event) => camera.raise(...event))
    return camera
  }

  get address(): string {
    return this.#parts.place.address
  }

  /** What is so, for tests and people to compare with what a client found out. */
  get truth(): CameraTruth {
    return truthOf(this.#parts)
  }

  get isOn(): boolean {
    return this.#sockets !== undefined
  }

  get makeup(): CameraMakeup {
    return this.#makeup
  }

  /** Which device stands here: 0 is the first, each swap puts another. */
  get device(): number {
    return this.#parts.place.swaps
  }

  /** Cuts the power: all connections end, subscriptions are forgotten, and no Bye is said. */
  switchOff(): Promise<void> {
    this.#did({ act: 'power', on: false })
    return this.#turns.take(() => this.#close())
  }

  /** Throws FleetStartError where another took the camera's address or port meanwhile. */
  switchOn(): Promise<void> {
    this.#did({ act: 'power', on: true })
    return this.#turns.take(() => this.#open())
  }

  /** Says Bye, is away for as long as the brand takes to boot, and says Hello. */
  reboot(awayMs = this.#bootMs()): Promise<void> {
    this.#did({ act: 'reboot', awayMs })
    return this.#restart(awayMs)
  }

  /** Takes another address, as by DHCP. Throws FleetStartError where it can't be had; the camera is off then. */
  moveTo(address: string): Promise<void> {
    this.#did({ act: 'move', address })
    return this.#relocate(address)
  }

  /**
   * Puts another device of the same brand at this address, with a serial, MAC and endpoint reference of its own.
   * The same number stands for the same device; 0 is the first.
   */
  swap(device = this.device + 1): Promise<void> {
    this.#did({ act: 'swap', device })
    return this.#replaceBy(device)
  }

  /** Tells those who watch the fleet, and the journal. Events write into the journal themselves. */
  #did(deed: Deed): void {
    if (deed.act !== 'raise') this.journal.add({ kind: 'change', what: describeDeed(deed) })
    this.#around.tell(this.id, deed)
  }

  #restart(awayMs = this.#bootMs(), address?: string): Promise<void> {
    return this.#turns.take(async () => {
      if (this.#around.group.isJoined) await this.#sockets?.responder.sayBye()
      await this.#close()
      await this.#turns.pause(awayMs)
      this.#parts.place.address = address ?? this.address
      await this.#open()
    })
  }

  #bootMs(): number {
    const { faults, facts } = this.#parts
    return faults.isOn('slow-boot') ? faults.valueOf('slow-boot') * 1000 : facts.profile.rebootMs
  }

  #relocate(address: string): Promise<void> {
    return this.#turns.take(async () => {
      await this.#close()
      this.#parts.place.address = address
      await this.#open()
    })
  }

  #replaceBy(device: number): Promise<void> {
    return this.#turns.take(async () => {
      await this.#close()
      const { place, facts } = this.#parts
      place.swaps = device
      const seed = device === 0 ? this.#around.seed : `${this.#around.seed}/${device}`
      place.identity = identify(facts.profile, this.#around.bornAt, seed)
      facts.settings.reset()
      await this.#open()
    })
  }

  /** Waits until all changes of power and place that were asked for so far are done. */
  async settled(): Promise<void> {
    await this.#turns.settled()
  }

  async #open(): Promise<void> {
    if (this.#sockets || this.#turns.isOver) return
    const sockets = await CameraSockets.open(this.#parts.place.address, this.#ports, this.#parts.voices)
    this.#sockets = sockets
    this.#ports = sockets.ports
    const { http, rtsp, subscription } = sockets.ports
    Object.assign(this.#parts.facts.ports, { http, rtsp, subscription: subscription ?? http })
    this.#parts.place.startedMs = this.#around.now()
    if (this.#parts.faults.isOn('connection-refused')) await sockets.refuseConnections(true)
    if (this.#around.group.isJoined) sockets.responder.sayHello()
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
    return this.#events.kinds
  }

  /** The kinds of event that go on now. */
  get ongoing(): readonly EventKind[] {
    return this.#events.ongoing
  }

  /** What a channel shows now, as a JPEG, for whoever runs the camera: no client asked, so the journal says nothing of it. */
  picture(channel = 1): Buffer {
    const { showings, now, cameraNow } = this.#parts.facts
    const showing = showings[channel - 1]
    if (!showing) throw new RangeError(`The camera ${this.id} has no channel ${channel}`)
    return showing.jpegAt(now(), Math.round(cameraNow() - now()))
  }

  get faults(): readonly FaultSetting[] {
    return this.#parts.faults.list()
  }

  /**
   * Says that an event begins now; it ends by itself after that time, or one to three seconds later.
   * Throws RangeError where the brand has none such.
   */
  raise(kind: EventKind, channel = 1, activeMs = this.#events.duration()): void {
    if (!this.eventKinds.includes(kind)) throw new RangeError(`A ${this.profile} camera has no event "${kind}"`)
    if (!Number.isInteger(channel) || channel < 1 || channel > this.truth.channels)
      throw new RangeError(`The camera ${this.id} has no channel ${channel}`)
    this.#did({ act: 'raise', event: kind, channel, activeMs })
    this.#events.begin(kind, channel, activeMs)
  }

  /** Throws FaultError where the fault doesn't exist or takes no such value. `settled()` waits for what it does at once. */
  setFault(name: FaultName, value?: string | number): void {
    this.applyFault(checkFault(name, value))
  }

  /** A fault that was parsed already. */
  applyFault(setting: FaultSetting): void {
    this.#did({ act: 'fault', fault: setting })
    const wasOn = this.#parts.faults.isOn(setting.name)
    this.#parts.faults.add(setting)
    if (!wasOn || setting.name === 'moved') this.#begin(setting.name, setting.value)
  }

  clearFault(name: FaultName): void {
    this.#did({ act: 'clear', name })
    this.#endFault(name)
  }

  #endFault(name: FaultName): void {
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
      clearFault: (name) => this.#endFault(name),
      switchOff: () => this.#turns.take(() => this.#close()),
      switchOn: () => this.#turns.take(() => this.#open()),
      reboot: (awayMs) => this.#restart(awayMs),
      moveTo: (address) => this.#relocate(address),
      swap: (device) => this.#replaceBy(device),
      refuseConnections: (isRefusing) => this.#turns.take(async () => this.#sockets?.refuseConnections(isRefusing)),
      cutConnections: () => this.#sockets?.cutConnections(),
      raise: (kind) => this.#events.begin(kind, 1, this.#events.duration()),
      after: (delayMs, run) => this.#around.agenda.after(delayMs, run),
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#turns.end()
    await this.#close()
  }
}
