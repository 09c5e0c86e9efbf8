import type { LenscapError } from '../base/errors.ts'
import { newId } from '../base/ids.ts'
import type { Sighting } from '../discovery/sighting.ts'
import type { Device } from '../onvif/device.ts'
import type { CameraFacts } from '../protocol/camera.ts'
import type { Id } from '../protocol/envelope.ts'
import { accessTo, type CameraAccess, type DeviceHandle } from './access.ts'
import type { Contacted } from './contact.ts'
import { changesBetween, factsOf, mainProfile, profilesOf, type Source, sourcesOf } from './facts.ts'
import { findKnown, identityOf, keepKnown } from './known.ts'
import type { Reading } from './reading.ts'
import type { InventoryStore, StoredDevice } from './store.ts'

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

export interface Live extends DeviceHandle {
  device: Device
  cameras: readonly CameraAccess[]
  trouble: LenscapError | undefined
}

/** One pass's memory: where each device was found, so that a clone does not take another's place. */
export type Found = Map<Id, string>

/** What a reading leads to. None of it counts before it is on disk: an id that was told must not be forgotten. */
export interface Taken extends Contacted {
  readonly live: Live
  readonly cameras: readonly CameraAccess[]
  readonly changes: readonly CameraChange[]
  /** @throws what SQLite throws */
  readonly kept: Promise<unknown>
}

/** Finds out which device was read and what is new of it, and saves that. */
export function take(
  store: InventoryStore,
  liveOf: (id: Id, device: Device) => Live,
  contacted: Contacted,
  sighting: Sighting,
  found: Found,
): Taken {
  const { device, reading } = contacted
  const { address, port, path, https } = sighting
  const place = `${address} ${port}`
  const seen = identityOf(sighting, reading)
  const known = findKnown(store.roster, seen, (each) => (found.get(each.device) ?? place) !== place)
  const id = known?.device ?? newId()
  found.set(id, place)
  const username = device.credential?.username ?? known?.username ?? ''
  const stored: StoredDevice = { device: id, path, https, username, address, port, ...keepKnown(seen, known) }
  const live = liveOf(id, device)
  const movedFrom = known && known.address !== address ? known.address : undefined
  const kept = [store.saveDevice(stored)]
  const taken = sourcesIn(store, id, reading).map((source) => takeCamera(store, live, source, sighting, reading))
  const changes = taken.flatMap(({ access: { camera, facts }, changed, saved }): CameraChange[] => {
    if (saved) kept.push(saved)
    if (changed !== 'new' && changed.length === 0) return []
    return [{ kind: 'camera', camera, facts, changed, ...(movedFrom === undefined ? {} : { movedFrom }) }]
  })
  return { ...contacted, live, cameras: taken.map(({ access }) => access), changes, kept: Promise.all(kept) }
}

/** Those that it tells now; those that it told before while it won't. */
function sourcesIn(store: InventoryStore, device: Id, reading: Reading): Source[] {
  const stored = store.cameras(device)
  if (reading.sources || reading.profiles || stored.length === 0) return sourcesOf(reading)
  return stored.map(({ source, facts }) => ({ token: source, channel: facts?.channel }))
}

function takeCamera(store: InventoryStore, live: Live, source: Source, sighting: Sighting, reading: Reading) {
  const { camera, source: former, facts: before } = store.cameraOf(live.id, source.token)
  const read = factsOf(live.id, source, sighting, reading, before)
  const changed = before === undefined ? ('new' as const) : changesBetween(before, read)
  const isChanged = changed === 'new' || changed.length > 0
  const facts = before && !isChanged ? before : read
  const token = source.token === '' ? former : source.token
  const saved = isChanged || token !== former ? store.saveCamera(live.id, camera, token, facts) : undefined
  const held = live.cameras.find((each) => each.camera === camera)
  if (held && !reading.profiles) return { access: held, changed, saved }
  const profiles = profilesOf(source, reading)
  const access = accessTo(camera, facts, live, source.token, mainProfile(profiles), profiles)
  return { access, changed, saved }
}
