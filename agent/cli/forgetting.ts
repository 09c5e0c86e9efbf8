import type { Clock } from '../base/clock.ts'
import type { Database } from '../base/database.ts'
import { describeError } from '../base/errors.ts'
import type { Logger } from '../base/logger.ts'
import type { Consent } from '../consent/consent.ts'
import type { Egress } from '../egress/egress.ts'
import { AbsenceStore, absenceStep, noticeHours } from '../inventory/absence.ts'
import type { Id } from '../protocol/envelope.ts'
import { MediaKind } from '../protocol/media-kind.ts'
import { forgetIn } from './forget.ts'
import { type KnownCamera, knownIn } from './inspect.ts'
import type { Journal } from './journal.ts'

interface ForgettingDeps {
  readonly db: Database
  readonly consent: Pick<Consent, 'allows'>
  readonly egress: Pick<Egress, 'holds'>
  readonly journal: Pick<Journal, 'activity'>
  /** Whether it answered when it was last looked for, in this run. */
  readonly isThere: (camera: Id) => boolean
  /** 0: never. */
  readonly afterDays: () => number
  /** Some were forgotten: the agent begins anew without them. */
  readonly onForgotten: () => void
  readonly clock: Clock
  readonly logger: Logger
}

const HOUR_MS = 3_600_000

/**
 * Forgets cameras that were not seen for long, after telling the owner of those of which they allow something. It counts
 * hours of the agent's own running time in which it saw other cameras: a box that was off, a switch without power and a
 * clock that jumps forget nobody.
 */
export class Forgetting {
  readonly #deps: ForgettingDeps
  readonly #store: AbsenceStore

  constructor(deps: ForgettingDeps) {
    this.#deps = deps
    this.#store = new AbsenceStore(deps.db)
  }

  /** Until the signal fires. Never throws: what a disk refuses is tried again in an hour. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, logger } = this.#deps
    for (;;) {
      await clock.sleep(HOUR_MS, signal).catch(() => {})
      if (signal.aborted) return
      try {
        this.hourPassed()
      } catch (error) {
        logger.warn({ reason: describeError(error) }, 'Cameras that are gone could not be forgotten')
      }
    }
  }

  /** @throws what the database throws */
  hourPassed(): void {
    const { db, isThere, afterDays, onForgotten } = this.#deps
    const hoursMax = afterDays() * 24
    const known = knownIn(db)
    if (hoursMax === 0 || !known.some(({ camera }) => isThere(camera))) return
    const gone = known.filter((camera) => this.#isGone(camera, hoursMax))
    for (const { camera } of gone) forgetIn(db, camera, 'not-seen')
    if (gone.length > 0) onForgotten()
  }

  #isGone(known: KnownCamera, hoursMax: number): boolean {
    const { consent, egress, isThere, journal } = this.#deps
    const { camera } = known
    const isWaitedFor = egress.holds(camera)
    const isDear = isWaitedFor || MediaKind.options.some((kind) => consent.allows(camera, kind))
    const input = { isThere: isThere(camera), isDear, isWaitedFor, hoursMax }
    const { absence, act } = absenceStep(this.#store.of(camera), input)
    this.#store.save(camera, absence)
    if (act === 'tell') {
      const name = `${known.manufacturer} ${known.model} at ${known.address}`
      const gone = `was not seen for ${daysOf(absence.hours)}`
      const left = daysOf(Math.max(noticeHours(hoursMax), hoursMax - absence.hours))
      const says = `${name} ${gone}. In ${left} this box forgets it, and what you allow of it ends, unless it answers`
      journal.activity('camera-lost', says, camera)
    }
    return act === 'forget'
  }
}

function daysOf(hours: number): string {
  const days = Math.round(hours / 24)
  return days === 1 ? '1 day' : `${days} days`
}
