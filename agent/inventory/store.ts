import type { Database } from '../base/database.ts'
import { newId } from '../base/ids.ts'
import { CameraFacts } from '../protocol/camera.ts'
import type { Id } from '../protocol/envelope.ts'
import type { Identity } from './identity.ts'

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

/** The room's tables. Rows are parsed as they come out: the file may be older than the program. */
export class InventoryStore {
  readonly #db: Database

  constructor(db: Database) {
    this.#db = db
  }

  devices(): StoredDevice[] {
    const rows = this.#db.prepare('SELECT * FROM inventory_device').all() as DeviceRow[]
    return rows.map((row) => ({
      ...row,
      macs: row.macs.split(' ').filter((mac) => mac !== ''),
      https: row.https === 1,
    }))
  }

  /** Two can't stand at one place: who was known there has gone, nobody knows where. */
  saveDevice(device: StoredDevice): void {
    this.#db
      .prepare("UPDATE inventory_device SET address = '' WHERE address = ? AND port = ? AND device <> ?")
      .run(device.address, device.port, device.device)
    this.#db
      .prepare(
        `INSERT INTO inventory_device (device, endpoint, manufacturer, model, serial, macs, address, port, path, https, username)
         VALUES (@device, @endpoint, @manufacturer, @model, @serial, @macs, @address, @port, @path, @https, @username)
         ON CONFLICT (device) DO UPDATE SET endpoint = @endpoint, manufacturer = @manufacturer, model = @model,
           serial = @serial, macs = @macs, address = @address, port = @port, path = @path, https = @https, username = @username`,
      )
      .run({ ...device, macs: device.macs.join(' '), https: device.https ? 1 : 0 })
  }

  cameras(device: Id): StoredCamera[] {
    const rows = this.#db
      .prepare('SELECT camera, source, facts FROM inventory_camera WHERE device = ? ORDER BY rowid')
      .all(device) as CameraRow[]
    return rows.map(({ camera, source, facts }) => ({ camera, source, facts: parsed(facts) }))
  }

  /** A source's camera; one is made where it is new. The row made while sources could not be asked goes to the first. */
  cameraOf(device: Id, source: string): StoredCamera {
    const known = this.cameras(device)
    const found = known.find((each) => each.source === source)
    if (found) return found
    const unnamed = known.find((each) => each.source === '') ?? (source === '' ? known[0] : undefined)
    if (unnamed) {
      if (source !== '') {
        this.#db.prepare('UPDATE inventory_camera SET source = ? WHERE camera = ?').run(source, unnamed.camera)
      }
      return { ...unnamed, source }
    }
    return { camera: newId(), source, facts: undefined }
  }

  saveCamera(device: Id, camera: Id, source: string, facts: CameraFacts): void {
    this.#db
      .prepare(
        'INSERT INTO inventory_camera VALUES (?, ?, ?, ?) ON CONFLICT (camera) DO UPDATE SET facts = excluded.facts',
      )
      .run(camera, device, source, JSON.stringify(facts))
  }

  /**
   * Removes a camera, and its device where it was the last one of it. It stays noted until `told`, so that a power cut
   * in between leaves nobody believing in it.
   * @returns the device that went with it; undefined where others of it stay, `unknown` where there is no such camera
   */
  forget(camera: Id, reason: ForgottenReason): { readonly device: Id | undefined } | 'unknown' {
    return this.#db.transaction(() => {
      const row = this.#db.prepare('SELECT device, facts FROM inventory_camera WHERE camera = ?').get(camera) as
        | { device: string; facts: string }
        | undefined
      if (row === undefined) return 'unknown'
      this.#db
        .prepare('INSERT OR REPLACE INTO inventory_forgotten (camera, facts, reason) VALUES (?, ?, ?)')
        .run(camera, row.facts, reason)
      this.#db.prepare('DELETE FROM inventory_camera WHERE camera = ?').run(camera)
      if (this.cameras(row.device).length > 0) return { device: undefined }
      this.#db.prepare('DELETE FROM inventory_device WHERE device = ?').run(row.device)
      this.#db.prepare('DELETE FROM inventory_marks WHERE device = ?').run(row.device)
      return { device: row.device }
    })()
  }

  /** Those that were forgotten and not told yet. */
  forgotten(): ForgottenCamera[] {
    const rows = this.#db.prepare('SELECT camera, facts, reason FROM inventory_forgotten').all() as (CameraRow & {
      reason: string
    })[]
    return rows.map(({ camera, facts, reason }) => {
      return { camera, facts: parsed(facts), reason: reason === 'not-seen' ? 'not-seen' : 'by-hand' }
    })
  }

  /** Whoever had to know that this one is gone knows it. */
  told(camera: Id): void {
    this.#db.prepare('DELETE FROM inventory_forgotten WHERE camera = ?').run(camera)
  }
}

function parsed(facts: string): CameraFacts | undefined {
  return CameraFacts.safeParse(JSON.parse(facts)).data
}
