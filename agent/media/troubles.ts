import { describeError, type ErrorKind, errorKind, LenscapError } from '../base/errors.ts'
import type { Id } from '../protocol/envelope.ts'

/** A camera that restarts misses one snapshot; who misses two in a row is worth a word. */
const FAILURES_MAX = 2

const ELSEWHERE: readonly ErrorKind[] = ['unreachable', 'storage', 'cancelled']

interface Failing {
  readonly failures: number
  readonly why: unknown
}

/** What there is to say of cameras that owe a picture: of a camera's stream where that does not come, else of its snapshots. */
export class PictureTroubles {
  readonly #tell: (camera: Id, why?: unknown) => void
  readonly #streams = new Map<Id, unknown>()
  readonly #snapshots = new Map<Id, Failing>()

  /** @param tell is told why no picture of a camera comes; without a reason: they come, or none are wanted any more */
  constructor(tell: (camera: Id, why?: unknown) => void) {
    this.#tell = tell
  }

  /** Why its stream does not come; without a reason: it comes, or is not wanted. */
  stream(camera: Id, why?: unknown): void {
    if (why === undefined) this.#streams.delete(camera)
    else this.#streams.set(camera, why)
    this.#say(camera)
  }

  /** A snapshot did not come. That the whole device does not answer, or the disk is full, is told by others. */
  snapshotFailed(camera: Id, error: unknown): void {
    const kind = errorKind(error)
    if (ELSEWHERE.includes(kind)) return
    // What was refused is not asked for again.
    const failures = kind === 'refused' ? FAILURES_MAX : (this.#snapshots.get(camera)?.failures ?? 0) + 1
    this.#snapshots.set(camera, { failures, why: asSnapshot(error) })
    if (failures >= FAILURES_MAX) this.#say(camera)
  }

  /** One came, or none are wanted any more. */
  snapshotWell(camera: Id): void {
    const failing = this.#snapshots.get(camera)
    this.#snapshots.delete(camera)
    if (failing && failing.failures >= FAILURES_MAX) this.#say(camera)
  }

  #say(camera: Id): void {
    const failing = this.#snapshots.get(camera)
    const ofSnapshots = failing && failing.failures >= FAILURES_MAX ? failing.why : undefined
    this.#tell(camera, this.#streams.get(camera) ?? ofSnapshots)
  }
}

/** What has a diagnosis of its own, such as a refused password, keeps it. */
function asSnapshot(error: unknown): LenscapError {
  const facts = error instanceof LenscapError ? error.facts : {}
  return new LenscapError(errorKind(error), describeError(error), { diagnosis: 'SNAPSHOT_FAILED', ...facts })
}
