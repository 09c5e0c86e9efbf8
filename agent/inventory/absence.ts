import type { Database } from '../base/database.ts'
import type { Id } from '../protocol/envelope.ts'

/** For how long a camera was looked for and not seen. */
export interface Absence {
  /** Of the agent's running time: hours in which the box was off, or saw no camera at all, tell nothing. */
  readonly hours: number
  /** At how many of them its owner was told that it will be forgotten; undefined where they were not. */
  readonly toldAtHours: number | undefined
}

export const PRESENT: Absence = { hours: 0, toldAtHours: undefined }

interface AbsenceInput {
  readonly isThere: boolean
  /** Its owner allows media of it, or some waits: they are told first. */
  readonly isDear: boolean
  /** Media of it waits to leave: it is not forgotten before that has left. */
  readonly isWaitedFor: boolean
  /** After so many it is forgotten. */
  readonly hoursMax: number
}

const NOTICE_HOURS_MAX = 7 * 24

/** How long before it is forgotten its owner is told. */
export const noticeHours = (hoursMax: number): number => Math.min(NOTICE_HOURS_MAX, Math.floor(hoursMax / 2))

/** One more hour has passed: what is known now, and what is to be done. Pure. */
export function absenceStep(
  absence: Absence,
  { isThere, isDear, isWaitedFor, hoursMax }: AbsenceInput,
): { readonly absence: Absence; readonly act: 'nothing' | 'tell' | 'forget' } {
  if (isThere) return { absence: PRESENT, act: 'nothing' }
  const hours = absence.hours + 1
  const { toldAtHours } = absence
  const notice = noticeHours(hoursMax)
  if (isDear && toldAtHours === undefined) {
    const isTime = hours >= hoursMax - notice
    return { absence: { hours, toldAtHours: isTime ? hours : undefined }, act: isTime ? 'tell' : 'nothing' }
  }
  const isKnown = toldAtHours === undefined || hours - toldAtHours >= notice
  const isOver = hours >= hoursMax && isKnown && !isWaitedFor
  return { absence: { hours, toldAtHours }, act: isOver ? 'forget' : 'nothing' }
}

/** What is known of the absent ones, across restarts. */
export class AbsenceStore {
  readonly #db: Database

  constructor(db: Database) {
    this.#db = db
  }

  of(camera: Id): Absence {
    const row = this.#db.prepare('SELECT hours, told_at_hours FROM inventory_absence WHERE camera = ?').get(camera) as
      | { hours: number; told_at_hours: number | null }
      | undefined
    return row ? { hours: row.hours, toldAtHours: row.told_at_hours ?? undefined } : PRESENT
  }

  save(camera: Id, { hours, toldAtHours }: Absence): void {
    if (hours === 0) this.forget(camera)
    else {
      this.#db
        .prepare('INSERT OR REPLACE INTO inventory_absence VALUES (?, ?, ?)')
        .run(camera, hours, toldAtHours ?? null)
    }
  }

  forget(camera: Id): void {
    this.#db.prepare('DELETE FROM inventory_absence WHERE camera = ?').run(camera)
  }
}
