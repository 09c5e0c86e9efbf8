import { Channel } from '../base/channel.ts'
import type { Clock } from '../base/clock.ts'
import { type Database, openDatabase } from '../base/database.ts'
import { withDeadline } from '../base/deadline.ts'
import { describeError, errorKind, LenscapError } from '../base/errors.ts'
import { GroupCommit } from '../base/group-commit.ts'
import { type Credential, sameCredential } from '../base/secret.ts'
import type { Subject } from '../credentials/for.ts'
import type { RefusalMemory } from '../credentials/refusal-log.ts'
import type { Sighting } from '../discovery/sighting.ts'
import type { Device } from '../onvif/device.ts'
import { refusalOf } from '../onvif/faults.ts'
import type { CameraFacts } from '../protocol/camera.ts'
import type { Id } from '../protocol/envelope.ts'
import type { CameraAccess, DeviceHandle } from './access.ts'
import { Contacts, type Known } from './contact.ts'
import { credibleEndpoint } from './identity.ts'
import { macFromKernel } from './neighbours.ts'
import { InventoryStore, type StoredDevice } from './store.ts'
import { type CameraChange, type Found, type Live, type Taken, take } from './taking.ts'
import { Trust, type TrustDeps } from './trust.ts'
import { TRUST_TABLES, TrustStore } from './trust-store.ts'

export type { CameraChange } from './taking.ts'

/** How long one device may take in all: two dozen answers, each of which may take seconds. Others are read meanwhile. */
const DEVICE_TIMEOUT_MS = 60_000
const PARALLEL_MAX = 16
const DEVICES_MAX = 1_024

export interface InventoryDeps {
  readonly db: Database
  /** In the order in which they are tried: the same for all, or those meant for one. */
  readonly credentials: readonly Credential[] | ((subject: Subject) => readonly Credential[])
  readonly clock: Clock
  /** What devices refused; where absent, it is remembered as long as this lives. */
  readonly refusals?: RefusalMemory
  /** Whom credentials may be sent to; where absent, that too is remembered as long as this lives. */
  readonly trust?: Partial<Pick<TrustDeps, 'macOf' | 'probeOf' | 'newDevices'>> & { readonly db: Database }
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

/** Who the cameras are, across restarts and moves, and how to reach them. */
export class Inventory {
  readonly #deps: InventoryDeps
  readonly #store: InventoryStore
  readonly #live = new Map<Id, Live>()
  /** Read, and on their way to the disk. */
  readonly #unpublished = new Map<Id, Live>()
  readonly #contacts: Contacts
  #credentialsFor: (subject: Subject) => readonly Credential[]

  constructor(deps: InventoryDeps) {
    const { credentials, clock, refusals, trust } = deps
    this.#deps = deps
    this.#credentialsFor = typeof credentials === 'function' ? credentials : () => credentials
    const group = new GroupCommit(deps.db)
    this.#store = new InventoryStore(deps.db, group)
    const { db = openDatabase(':memory:', [TRUST_TABLES]), macOf = macFromKernel, newDevices = 'sign-in' } = trust ?? {}
    const probeOf = trust?.probeOf ?? (async () => '')
    this.#contacts = new Contacts({
      clock,
      credentialsFor: (subject) => this.#credentialsFor(subject),
      refusals,
      trust: new Trust({
        store: new TrustStore(db, db === deps.db ? group : undefined),
        clock,
        macOf,
        probeOf,
        newDevices,
      }),
    })
  }

  /** Devices read since the start, with their cameras. The handles stay the same as long as the agent runs. */
  devices(): readonly DeviceHandle[] {
    return [...this.#live.values()]
  }

  /**
   * The sets are others now: who is signed in with one that is not among them any more signs in anew with the next
   * refresh, and so does who was not let in.
   */
  use(credentials: InventoryDeps['credentials'] = this.#credentialsFor): void {
    this.#credentialsFor = typeof credentials === 'function' ? credentials : () => credentials
    for (const { id, device } of this.#live.values()) {
      const meant = this.#credentialsFor(this.#subjectOf(id, device))
      if (!meant.some((each) => sameCredential(each, device.credential))) device.use(undefined)
    }
  }

  /** A camera of a device read since the start. */
  camera(id: Id): CameraAccess | undefined {
    return this.devices()
      .flatMap(({ cameras }) => cameras)
      .find(({ camera }) => camera === id)
  }

  /** Where the devices were the last time: read them at the start, before the first discovery ends. */
  remembered(): Sighting[] {
    const placed = this.#store.devices().filter(({ address }) => address !== '')
    return placed.map(({ endpoint, address, port, path, https }) => {
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
    this.#store.reload()
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
    const known = this.#guess(sighting)
    const progress: { taken?: Taken; failure?: unknown } = {}
    const deadline = { clock: this.#deps.clock, timeoutMs: DEVICE_TIMEOUT_MS, signal, facts: { address, port } }
    await withDeadline({ ...deadline, what: 'Reading the device' }, async (within) => {
      const contacted = await this.#contacts.read(sighting, this.#known(known), within)
      within.throwIfAborted()
      progress.taken = take(this.#store, (id, device) => this.#liveOf(id, device), contacted, sighting, found)
      await this.#contacts.identified(progress.taken.live.id, progress.taken, sighting, within)
    }).catch((error: unknown) => {
      progress.failure = error
    })
    // What was taken before something failed counts all the same.
    if (progress.taken) await this.#publish(progress.taken, sighting, news)
    if (progress.failure === undefined || signal.aborted) return
    const trouble = this.#troubleOf(progress.failure, sighting, known)
    news.push({ kind: 'trouble', address, port, ...trouble })
  }

  /** One that was not published yet is nobody's business. */
  #liveOf(id: Id, device: Device): Live {
    const live = this.#live.get(id) ?? this.#unpublished.get(id)
    if (live) return live
    const made: Live = { id, device, cameras: [], trouble: undefined }
    this.#unpublished.set(id, made)
    return made
  }

  /** It is on disk: from now on it is known. */
  async #publish(
    { live, device, cameras, changes, refusal, kept }: Taken,
    { address, port }: Sighting,
    news: Channel<CameraChange | DeviceTrouble>,
  ): Promise<void> {
    try {
      await kept
    } finally {
      this.#unpublished.delete(live.id)
    }
    live.device = device
    live.cameras = cameras
    live.trouble = refusal
    this.#live.set(live.id, live)
    for (const change of changes) news.push(change)
    if (refusal) news.push({ kind: 'trouble', address, port, error: refusal, device: live.id })
  }

  /** @throws the error itself where it is our disk's */
  #troubleOf(
    error: unknown,
    sighting: Sighting,
    known: StoredDevice | undefined,
  ): Pick<DeviceTrouble, 'error' | 'device'> {
    if (errorKind(error) === 'storage') throw error
    const { address } = sighting
    const ours =
      error instanceof LenscapError
        ? error
        : new LenscapError(errorKind(error), describeError(error), { address }, error)
    // Who only has a camera's name is no trouble of that camera; who stands in its place is.
    const about = refusalOf(ours) === 'identity' ? this.#at(sighting) : known
    const live = about && this.#live.get(about.device)
    if (live) live.trouble = ours
    return { error: ours, ...(about && { device: about.device }) }
  }

  #known(stored: StoredDevice | undefined): Known {
    if (!stored) return { stored, cameras: [], device: undefined }
    const cameras = this.#store.cameras(stored.device).map(({ camera }) => camera)
    return { stored, cameras, device: this.#live.get(stored.device)?.device }
  }

  #subjectOf(id: Id, { target: { address, port } }: Device): Subject {
    const cameras = this.#store.cameras(id)
    const makers = cameras.flatMap(({ facts }) => (facts ? [facts.manufacturer, facts.model] : []))
    return { address, port, cameras: cameras.map(({ camera }) => camera), makers }
  }

  /** Which known device this seems to be before it was asked: by its endpoint reference, else by its place. */
  #guess({ endpoint, address, port }: Sighting): StoredDevice | undefined {
    const mark = credibleEndpoint(endpoint)
    const here = this.#at({ address, port })
    if (here && (mark === '' || credibleEndpoint(here.endpoint) === mark)) return here
    return this.#store.roster.named(endpoint)[0]
  }

  #at(place: Pick<Sighting, 'address' | 'port'>): StoredDevice | undefined {
    return this.#store.roster.at(place)[0]
  }
}
