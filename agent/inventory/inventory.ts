import { Channel } from '../base/channel.ts'
import type { Clock } from '../base/clock.ts'
import type { Database } from '../base/database.ts'
import { withDeadline } from '../base/deadline.ts'
import { describeError, errorKind, LenscapError } from '../base/errors.ts'
import { newId } from '../base/ids.ts'
import type { Credential } from '../base/secret.ts'
import type { Sighting } from '../discovery/sighting.ts'
import { type Device, openDevice } from '../onvif/device.ts'
import { DeviceGate } from '../onvif/gate.ts'
import type { CameraFacts } from '../protocol/camera.ts'
import type { Id } from '../protocol/envelope.ts'
import { accessTo, type CameraAccess, type DeviceHandle } from './access.ts'
import { changesBetween, endpointOf, factsOf, mainProfile, profilesOf, type Source, sourcesOf } from './facts.ts'
import { credibleEndpoint, type Identity, isSameDevice, likeness } from './identity.ts'
import { type Reading, readDevice } from './reading.ts'
import { signIn } from './sign-in.ts'
import { InventoryStore, type StoredDevice } from './store.ts'

/** How long one device may take in all; others are read meanwhile. */
const DEVICE_TIMEOUT_MS = 20_000
const PARALLEL_MAX = 16
const DEVICES_MAX = 1_024

export interface InventoryDeps {
  readonly db: Database
  /** In the order in which they are tried. */
  readonly credentials: readonly Credential[]
  readonly clock: Clock
}

/** A camera that is new, or of which something changed. */
export interface CameraChange {
  readonly kind: 'camera'
  readonly camera: Id
  readonly facts: CameraFacts
  /** Names of the facts that changed. */
  readonly changed: readonly (keyof CameraFacts)[] | 'new'
  /** The address where it was, when it has moved. */
  readonly movedFrom?: string
}

/** A device that was sighted but could not be read, or not in full. */
export interface DeviceTrouble {
  readonly kind: 'trouble'
  readonly address: string
  readonly port: number
  /** Ours, where it is a device that we know. */
  readonly device?: Id
  readonly error: LenscapError
}

interface Live extends DeviceHandle {
  device: Device
  cameras: readonly CameraAccess[]
  trouble: LenscapError | undefined
}

/** One pass's memory: where each device was found, so that a clone does not take another's place. */
type Found = Map<Id, string>

/** Who the cameras are, across restarts and moves, and how to reach them. */
export class Inventory {
  readonly #deps: InventoryDeps
  readonly #store: InventoryStore
  readonly #live = new Map<Id, Live>()
  readonly #gates = new Map<string, DeviceGate>()
  #credentials: readonly Credential[]

  constructor(deps: InventoryDeps) {
    this.#deps = deps
    this.#credentials = deps.credentials
    this.#store = new InventoryStore(deps.db)
  }

  /** Devices read since the start, with their cameras. The handles stay the same as long as the agent runs. */
  devices(): readonly DeviceHandle[] {
    return [...this.#live.values()]
  }

  /** From the next refresh on these are tried, in this order, where no one is signed in. */
  use(credentials: readonly Credential[]): void {
    this.#credentials = credentials
  }

  /** A camera of a device read since the start. */
  camera(id: Id): CameraAccess | undefined {
    return this.devices()
      .flatMap(({ cameras }) => cameras)
      .find(({ camera }) => camera === id)
  }

  /** Where the devices were the last time: read them at the start, before the first discovery ends. */
  remembered(): Sighting[] {
    return this.#store.devices().map(({ endpoint, address, port, path, https }) => {
      return { endpoint, address, port, path, https, types: [], scopes: [], xaddrs: [], via: 'manual' }
    })
  }

  /** The cameras of a known device as they were the last time, whether or not it was read since the start. */
  remembers(device: Id): readonly { readonly camera: Id; readonly facts: CameraFacts }[] {
    return this.#store.cameras(device).flatMap(({ camera, facts }) => (facts ? [{ camera, facts }] : []))
  }

  /**
   * Reads what was sighted, many devices at once, each within its deadline, and yields what is news.
   * A device that fails ends in a `trouble`, never in an exception; only a failing database throws.
   */
  async *refresh(
    sightings: AsyncIterable<Sighting> | Iterable<Sighting>,
    signal: AbortSignal,
  ): AsyncGenerator<CameraChange | DeviceTrouble, void, undefined> {
    const news = new Channel<CameraChange | DeviceTrouble>(8_192)
    const work = this.#readAll(sightings, news, signal).finally(() => news.close())
    work.catch(() => {}) // awaited below, after the news
    yield* news
    await work
  }

  async #readAll(
    sightings: AsyncIterable<Sighting> | Iterable<Sighting>,
    news: Channel<CameraChange | DeviceTrouble>,
    signal: AbortSignal,
  ): Promise<void> {
    const found: Found = new Map()
    const places = new Set<string>()
    const running = new Set<Promise<void>>()
    const failures: unknown[] = []
    for await (const sighting of sightings) {
      const place = `${sighting.address} ${sighting.port}`
      if (signal.aborted || places.has(place) || places.size >= DEVICES_MAX) continue
      places.add(place)
      const reading = this.#readOne(sighting, found, news, signal)
        .catch((error: unknown) => {
          failures.push(error)
        })
        .finally(() => running.delete(reading))
      running.add(reading)
      if (running.size >= PARALLEL_MAX) await Promise.race(running)
    }
    await Promise.all(running)
    if (failures.length > 0) throw failures[0]
  }

  async #readOne(
    sighting: Sighting,
    found: Found,
    news: Channel<CameraChange | DeviceTrouble>,
    signal: AbortSignal,
  ): Promise<void> {
    const { address, port } = sighting
    const trouble = (error: LenscapError, device?: Id) =>
      news.push({ kind: 'trouble', address, port, error, ...(device === undefined ? {} : { device }) })
    const known = this.#guess(sighting)
    try {
      const deadline = { clock: this.#deps.clock, timeoutMs: DEVICE_TIMEOUT_MS, signal, facts: { address, port } }
      const { device, reading, refusal } = await withDeadline({ ...deadline, what: 'Reading the device' }, (within) =>
        this.#contact(sighting, known, within),
      )
      const handle = this.#take(device, sighting, reading, found, news)
      handle.trouble = refusal
      if (refusal) trouble(refusal, handle.id)
    } catch (error) {
      if (signal.aborted) return
      if (errorKind(error) === 'storage') throw error
      const ours =
        error instanceof LenscapError
          ? error
          : new LenscapError(errorKind(error), describeError(error), { address }, error)
      const live = known && this.#live.get(known.device)
      if (live) live.trouble = ours
      trouble(ours, known?.device)
    }
  }

  async #contact(
    sighting: Sighting,
    known: StoredDevice | undefined,
    signal: AbortSignal,
  ): Promise<{ device: Device; reading: Reading; refusal: LenscapError | undefined }> {
    const { address, port, path, https } = sighting
    const live = known && this.#live.get(known.device)?.device
    const inPlace = live?.target.address === address && live.target.port === port
    const gate = live?.gate ?? this.#gateFor(sighting)
    const device = inPlace
      ? live
      : await openDevice({ address, port, path, https, gate, clock: this.#deps.clock, signal })
    const first = known?.username
    const credentials = this.#credentials.toSorted(
      (a, b) => Number(b.username === first) - Number(a.username === first),
    )
    const refusal = device.signedIn ? undefined : await signIn(device, credentials, signal)
    return { device, reading: await readDevice(device, signal), refusal }
  }

  /** A device that was refused something keeps its gate though it was never identified. */
  #gateFor({ endpoint, address, port }: Sighting): DeviceGate {
    const key = credibleEndpoint(endpoint) || `${address} ${port}`
    const gate = this.#gates.get(key) ?? new DeviceGate(this.#deps.clock)
    if (this.#gates.size < DEVICES_MAX) this.#gates.set(key, gate)
    return gate
  }

  /** Which known device this seems to be before it was asked: by its endpoint reference, else by its place. */
  #guess({ endpoint, address, port }: Sighting): StoredDevice | undefined {
    const mark = credibleEndpoint(endpoint)
    const devices = this.#store.devices()
    const here = devices.find((each) => each.address === address && each.port === port)
    if (here && (mark === '' || credibleEndpoint(here.endpoint) === mark)) return here
    return mark === '' ? undefined : devices.find((each) => credibleEndpoint(each.endpoint) === mark)
  }

  #take(
    device: Device,
    sighting: Sighting,
    reading: Reading,
    found: Found,
    news: Channel<CameraChange | DeviceTrouble>,
  ): Live {
    const { address, port, path, https } = sighting
    const seen = identityOf(sighting, reading)
    const known = this.#identify(seen, found)
    const id = known?.device ?? newId()
    found.set(id, `${address} ${port}`)
    const credential = device.credential
    this.#store.saveDevice({
      device: id,
      path,
      https,
      username: credential?.username ?? known?.username ?? '',
      address,
      port,
      ...keepKnown(seen, known),
    })
    const live = this.#live.get(id) ?? { id, device, cameras: [], trouble: undefined }
    live.device = device
    this.#live.set(id, live)
    const movedFrom = known && known.address !== address ? known.address : undefined
    live.cameras = this.#sourcesOf(id, reading).map((source) =>
      this.#takeCamera(live, source, sighting, reading, movedFrom, news),
    )
    return live
  }

  /** Those that it tells now; those that it told before while it won't. */
  #sourcesOf(device: Id, reading: Reading): Source[] {
    const stored = this.#store.cameras(device)
    if (reading.sources || reading.profiles || stored.length === 0) return sourcesOf(reading)
    return stored.map(({ source, facts }) => ({ token: source, channel: facts?.channel }))
  }

  #takeCamera(
    handle: Live,
    source: Source,
    sighting: Sighting,
    reading: Reading,
    movedFrom: string | undefined,
    news: Channel<CameraChange | DeviceTrouble>,
  ): CameraAccess {
    const { camera, facts: before } = this.#store.cameraOf(handle.id, source.token)
    const facts = factsOf(handle.id, source, sighting, reading, before)
    const changed = before === undefined ? 'new' : changesBetween(before, facts)
    if (changed === 'new' || changed.length > 0) {
      this.#store.saveCamera(handle.id, camera, source.token, facts)
      news.push({ kind: 'camera', camera, facts, changed, ...(movedFrom === undefined ? {} : { movedFrom }) })
    }
    const held = handle.cameras.find((each) => each.camera === camera)
    if (held && !reading.profiles) return held
    const profiles = profilesOf(source, reading)
    return accessTo(camera, facts, handle, source.token, mainProfile(profiles), profiles)
  }

  #identify(seen: Identity, found: Found): StoredDevice | undefined {
    const place = `${seen.address} ${seen.port}`
    return this.#store
      .devices()
      .filter((known) => isSameDevice(known, seen, (found.get(known.device) ?? place) !== place))
      .toSorted((a, b) => likeness(b, seen) - likeness(a, seen))[0]
  }
}

function identityOf(sighting: Sighting, reading: Reading): Identity {
  const { manufacturer = '', model = '', serial = '' } = reading.information ?? {}
  const endpoint = endpointOf(sighting, reading, undefined)
  const { address, port } = sighting
  return { endpoint, manufacturer, model, serial, macs: reading.interfaces?.macs ?? [], address, port }
}

/** A mark that could not be read this time is not forgotten. */
function keepKnown(seen: Identity, known: Identity | undefined) {
  return {
    endpoint: seen.endpoint || (known?.endpoint ?? ''),
    manufacturer: seen.manufacturer || (known?.manufacturer ?? ''),
    model: seen.model || (known?.model ?? ''),
    serial: seen.serial || (known?.serial ?? ''),
    macs: seen.macs.length > 0 ? seen.macs : (known?.macs ?? []),
  }
}
