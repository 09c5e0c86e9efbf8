import type { Database } from '../base/database.ts'
import type { CameraHealth } from '../protocol/camera.ts'
import { HealthFacts } from '../protocol/camera.ts'
import type { Id } from '../protocol/envelope.ts'

/** Tables that this room keeps in the box's state database. */
export const HEALTH_TABLES = `
  CREATE TABLE camera_health (
    camera TEXT PRIMARY KEY,
    at INTEGER NOT NULL,
    health TEXT NOT NULL
  ) STRICT;
`

interface HealthRow {
  readonly at: number
  readonly health: string
}

/** The last health of each camera, for whoever asks on the box itself; one row per camera. */
export class HealthStore {
  readonly #db: Database

  constructor(db: Database) {
    this.#db = db
  }

  /** @param atMs UTC */
  save(camera: Id, atMs: number, health: HealthFacts): void {
    const upsert = `INSERT INTO camera_health VALUES (@camera, @at, @health)
      ON CONFLICT (camera) DO UPDATE SET at = @at, health = @health`
    this.#db.prepare(upsert).run({ camera, at: Math.round(atMs), health: JSON.stringify(health) })
  }

  /** Nothing is known of it any more. */
  forget(camera: Id): void {
    this.#db.prepare('DELETE FROM camera_health WHERE camera = ?').run(camera)
  }

  /** Undefined where nothing is known, or an older release wrote it. */
  of(camera: Id): Pick<CameraHealth, 'at' | 'health'> | undefined {
    const select = this.#db.prepare<[Id], HealthRow>('SELECT at, health FROM camera_health WHERE camera = ?')
    const row = select.get(camera)
    if (row === undefined) return undefined
    const { data } = HealthFacts.safeParse(JSON.parse(row.health))
    return data && { at: row.at, health: data }
  }
}
