import { isDeepStrictEqual } from 'node:util'
import type { Database } from '../base/database.ts'
import { GroupCommit } from '../base/group-commit.ts'
import { newId } from '../base/ids.ts'
import { Statements } from '../base/statements.ts'
import { CameraFacts } from '../protocol/camera.ts'
import type { Id } from '../protocol/envelope.ts'
import type { Identity } from './identity.ts'
import { Roster } from './roster.ts'

/** A device as it is remembered. */
export interface StoredDevice extends Identity {
  readonly device: Id
  readonly path: string
  readonly https: boolean
  /** Who signed in last: tried first the next time. */
  readonly username: string
}

interface DeviceRow {
  device: string
  endpoint: string
  manufacturer: string
  model: string
  serial: string
  macs: string
  address: string
  port: number
  path: string
  https: number
  username: string
}

interface CameraRow {
  camera: string
  source: string
  facts: string
}

export interface StoredCamera {
  readonly camera: Id
  readonly source: string
  readonly facts: CameraFacts | undefined
}

/** A person said so on the box, or it was not seen for long. */
export type ForgottenReason = 'by-hand' | 'not-seen'

export interface ForgottenCamera {
  readonly camera: Id
  readonly facts: CameraFacts | undefined
  readonly reason: ForgottenReason
}

const SAVE_DEVICE = `
  INSERT INTO inventory_device (device, endpoint, manufacturer, model, serial, macs, address, port, path, https, username)
  VALUES (@device, @endpoint, @manufacturer, @model, @serial, @macs, @address, @port, @path, @https, @username)
  ON CONFLICT (device) DO UPDATE SET endpoint = @endpoint, manufacturer = @manufacturer, model = @model,
    serial = @serial, macs = @macs, address = @address, port = @port, path = @path, https = @https, username = @username`

const SAVE_CAMERA = `
  INSERT INTO inventory_camera VALUES (?, ?, ?, ?)
  ON CONFLICT (camera) DO UPDATE SET source = excluded.source, facts = excluded.facts`

/**
 * The room's tables, and what is in them: rows are parsed as they come out, since the file may be older than the program, and
 * then held until `reload`. What is saved counts here at once, and is on disk when the promise says so.
 */
export class InventoryStore {
  readonly #db: Database
  readonly #statements: Statements
  readonly #group: GroupCommit
  #roster: Roster<StoredDevice> | undefined
  readonly #cameras = new Map<Id, StoredCamera[]>()

  /** @param group that of the inventory; a tool that only looks has none of its own to share */
  constructor(db: Database, group = new GroupCommit(db)) {
    this.#db = db
    this.#statements = new Statements(db)
    this.#group = group
  }

  /** Whatever others wrote to the file counts from now on. */
  reload(): void {
    this.#group.flush()
    this.#roster = undefined
    this.#cameras.clear()
  }

  get roster(): Roster<StoredDevice> {
    this.#roster ??= new Roster(this.#readDevices())
    return this.#roster
  }

  devices(): StoredDevice[] {
    return this.roster.all()
  }

  #readDevices(): StoredDevice[] {
    const rows = this.#statements.of('SELECT * FROM inventory_device').all() as DeviceRow[]
    return rows.map((row) => ({
      ...row,
      macs: row.macs.split(' ').filter((mac) => mac !== ''),
      https: row.https === 1,
    }))
  }

  /** Two can't stand at one place: who was known there has gone, nobody knows where. */
  saveDevice(device: StoredDevice): Promise<void> {
    const known = this.roster.get(device.device)
    if (known && isDeepStrictEqual(known, device)) return Promise.resolve()
    for (const other of this.roster.at(device)) {
      if (other.device !== device.device) this.roster.set({ ...other, address: '' })
    }
    this.roster.set(device)
    return this.#write(() => {
      this.#statements
        .of("UPDATE inventory_device SET address = '' WHERE address = ? AND port = ? AND device <> ?")
        .run(device.address, device.port, device.device)
      this.#statements.of(SAVE_DEVICE).run({ ...device, macs: device.macs.join(' '), https: device.https ? 1 : 0 })
    })
  }

  cameras(device: Id): readonly StoredCamera[] {
    const held = this.#cameras.get(device)
    if (held) return held
    const rows = this.#statements
      .of('SELECT camera, source, facts FROM inventory_camera WHERE device = ? ORDER BY rowid')
      .all(device) as CameraRow[]
    const read = rows.map(({ camera, source, facts }) => ({ camera, source, facts: parsed(facts) }))
    this.#cameras.set(device, read)
    return read
  }

  /**
   * A source's camera; one is made where it is new. The row made while sources could not be asked goes to the first: it
   * comes with the source that it has on disk.
   */
  cameraOf(device: Id, source: string): StoredCamera {
    const known = this.cameras(device)
    const found = known.find((each) => each.source === source)
    if (found) return found
    const unnamed = known.find((each) => each.source === '') ?? (source === '' ? known[0] : undefined)
    return unnamed ?? { camera: newId(), source, facts: undefined }
  }

  saveCamera(device: Id, camera: Id, source: string, facts: CameraFacts): Promise<void> {
    this.#hold(device, { camera, source, facts })
    const text = JSON.stringify(facts)
    return this.#write(() => void this.#statements.of(SAVE_CAMERA).run(camera, device, source, text))
  }

  #hold(device: Id, camera: StoredCamera): void {
    const others = this.cameras(device)
    const isKnown = others.some((each) => each.camera === camera.camera)
    const all = isKnown ? others.map((each) => (each.camera === camera.camera ? camera : each)) : [...others, camera]
    this.#cameras.set(device, all)
  }

  /** What the disk did not take does not count: it is tried again with the next reading. */
  #write(write: () => void): Promise<void> {
    const kept = this.#group.add(write)
    kept.catch(() => this.reload())
    return kept
  }

  /**
   * Removes a camera, and its device where it was the last one of it. It stays noted until `told`, so that a power cut
   * in between leaves nobody believing in it.
   * @returns the device that went with it; undefined where others of it stay, `unknown` where there is no such camera
   */
  forget(camera: Id, reason: ForgottenReason): { readonly device: Id | undefined } | 'unknown' {
    this.reload()
    return this.#db.transaction(() => {
      const row = this.#statements.of('SELECT device, facts FROM inventory_camera WHERE camera = ?').get(camera) as
        | { device: string; facts: string }
        | undefined
      if (row === undefined) return 'unknown'
      this.#statements
        .of('INSERT OR REPLACE INTO inventory_forgotten (camera, facts, reason) VALUES (?, ?, ?)')
        .run(camera, row.facts, reason)
      this.#statements.of('DELETE FROM inventory_camera WHERE camera = ?').run(camera)
      if (this.cameras(row.device).length > 0) return { device: undefined }
      this.#statements.of('DELETE FROM inventory_device WHERE device = ?').run(row.device)
      this.#statements.of('DELETE FROM inventory_marks WHERE device = ?').run(row.device)
      return { device: row.device }
    })()
  }

  /** Those that were forgotten and not told yet. */
  forgotten(): ForgottenCamera[] {
    const rows = this.#statements.of('SELECT camera, facts, reason FROM inventory_forgotten').all() as (CameraRow & {
      reason: string
    })[]
    return rows.map(({ camera, facts, reason }) => {
      return { camera, facts: parsed(facts), reason: reason === 'not-seen' ? 'not-seen' : 'by-hand' }
    })
  }

  /** Whoever had to know that this one is gone knows it. */
  told(camera: Id): void {
    this.#statements.of('DELETE FROM inventory_forgotten WHERE camera = ?').run(camera)
  }
}

function parsed(facts: string): CameraFacts | undefined {
  return CameraFacts.safeParse(JSON.parse(facts)).data
}
