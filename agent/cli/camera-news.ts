import type { HookCall } from '../../firmware-hooks/hooks/hook-event.ts'
import type { Clock } from '../base/clock.ts'
import type { Database } from '../base/database.ts'
import { isWorthAPicture } from '../events/kinds.ts'
import { healthUnread } from '../health/assess.ts'
import type { HealthStore } from '../health/store.ts'
import type { CameraAccess } from '../inventory/access.ts'
import type { CameraChange, DeviceTrouble, Inventory } from '../inventory/inventory.ts'
import { type ForgottenCamera, InventoryStore } from '../inventory/store.ts'
import type { MediaKeeper } from '../media/keeper.ts'
import type { CameraFacts, EventFacts, HealthFacts, HealthLevel } from '../protocol/camera.ts'
import type { Id } from '../protocol/envelope.ts'
import type { DeviceWatch } from './device-watch.ts'
import type { Journal } from './journal.ts'
import { liveAccess } from './live-access.ts'
import type { Witness } from './witness.ts'

interface CameraNewsDeps {
  readonly journal: Journal
  readonly inventory: Inventory
  readonly health: HealthStore
  /** What follows the cameras; asked for at the moment of need, since it is made later. */
  readonly followers: () => {
    readonly watch: DeviceWatch
    readonly media: MediaKeeper
    readonly witnesses: readonly Witness[]
  }
  readonly hook: (call: HookCall) => void
  readonly clock: Clock
}

/** What the search, the events and the health say of cameras, told to the owner and to whoever follows the camera. */
export class CameraNews {
  readonly #deps: CameraNewsDeps
  /** Cameras told in full since this start. */
  readonly #told = new Set<Id>()
  readonly #levels = new Map<Id, HealthLevel>()

  constructor(deps: CameraNewsDeps) {
    this.#deps = deps
  }

  found({ camera, facts, changed, movedFrom }: CameraChange): void {
    const name = `${facts.manufacturer} ${facts.model} at ${facts.address}`
    if (changed === 'new') {
      this.#deps.journal.activity('camera-discovered', `Found ${name}`, camera)
      this.#tellHooks('camera-found', { camera, facts }, false)
    } else if (movedFrom) {
      this.#deps.journal.activity('camera-moved', `${name} was at ${movedFrom} before`, camera)
      this.#deps.followers().watch.moved(facts.device, movedFrom)
    } else {
      this.#deps.journal.activity('camera-changed', `${name} changed: ${changed.join(', ')}`, camera)
    }
    if (this.#told.has(camera)) this.#tellCamera(camera, facts)
    this.attend()
    this.#deps.followers().media.changed(camera)
  }

  /** Sees to it that every camera read so far is told, watched and, where allowed, recorded. */
  attend(): void {
    for (const handle of this.#deps.inventory.devices()) {
      this.#deps.followers().watch.add(handle)
      for (const { camera, facts } of handle.cameras) {
        if (this.#told.has(camera)) continue
        this.#told.add(camera)
        this.#tellCamera(camera, facts)
        this.#deps.followers().media.add(liveAccess(camera, this.#deps.inventory))
      }
    }
    // Who signs in to a camera may have changed with this reading.
    this.#deps.followers().media.review()
  }

  #tellCamera(camera: Id, facts: CameraFacts): void {
    this.#deps.journal.tell({ name: 'camera-info', id: camera, body: { info: facts } })
    for (const witness of this.#deps.followers().witnesses) witness.camera(camera, facts)
  }

  event(camera: Id, event: EventFacts): void {
    for (const witness of this.#deps.followers().witnesses) witness.event(camera, event)
    this.#deps.journal.tell({ name: 'camera-event', id: camera, body: { event } })
    if (isWorthAPicture(event)) this.#deps.followers().media.trigger(camera, event.kind, this.#deps.clock.nowMs())
  }

  /** A known device that does not answer since the start has nobody who watches it: what the bridge last heard is stale. */
  trouble({ device, error }: DeviceTrouble): void {
    if (device === undefined || this.#deps.inventory.devices().some(({ id }) => id === device)) return
    const health = healthUnread(error)
    for (const known of this.#deps.inventory.remembers(device)) {
      if (this.#levels.get(known.camera) !== health.level) this.health(known, health)
    }
  }

  /** Some were forgotten: who was told of them hears so, until it is certain that they have. */
  tellForgotten(db: Database): void {
    for (const forgotten of new InventoryStore(db).forgotten()) this.#forgotten(forgotten)
  }

  #forgotten({ camera, facts, reason }: ForgottenCamera): void {
    const name = facts ? `${facts.manufacturer} ${facts.model} at ${facts.address}` : camera
    const detail = reason === 'by-hand' ? 'forgotten by hand, on this box' : 'forgotten: not seen for too long'
    // A bridge of an older release does not know this kind, and leaves it out: what follows it understands.
    this.#deps.journal.activity('camera-forgotten', `${name}: ${detail}`, camera)
    const health: HealthFacts = { level: 'unreachable', diagnoses: [{ code: 'UNREACHABLE', detail }] }
    this.#deps.journal.tell({ name: 'camera-health', id: camera, body: { health } })
  }

  /** Whether it answered when it was last looked for, since the start. */
  isThere(camera: Id): boolean {
    return (
      this.#deps.inventory.camera(camera) !== undefined && (this.#levels.get(camera) ?? 'unreachable') !== 'unreachable'
    )
  }

  health({ camera, facts }: Pick<CameraAccess, 'camera' | 'facts'>, health: HealthFacts): void {
    this.#deps.journal.tell({ name: 'camera-health', id: camera, body: { health } })
    for (const witness of this.#deps.followers().witnesses) witness.health(camera, health)
    const wasGone = this.#levels.get(camera) === 'unreachable'
    const isGone = health.level === 'unreachable'
    this.#levels.set(camera, health.level)
    this.#deps.health.save(camera, this.#deps.clock.nowMs(), health)
    if (isGone === wasGone) return
    const name = `${facts.manufacturer} ${facts.model} at ${facts.address}`
    if (isGone) {
      this.#deps.journal.activity('camera-lost', `${name} does not answer any more`, camera)
      this.#tellHooks('camera-lost', { camera, facts })
    } else {
      this.#deps.journal.activity('camera-returned', `${name} answers again`, camera)
      this.#tellHooks('camera-found', { camera, facts }, true)
    }
  }

  #tellHooks(
    event: 'camera-found' | 'camera-lost',
    { camera, facts }: Pick<CameraAccess, 'camera' | 'facts'>,
    again = false,
  ): void {
    const { name, address } = facts
    if (event === 'camera-lost') this.#deps.hook({ event, facts: { camera, name, address } })
    else this.#deps.hook({ event, facts: { camera, name, address, again } })
  }
}
