import type { Clock } from '../base/clock.ts'
import { errorKind } from '../base/errors.ts'
import type { Consent, Grant } from '../consent/consent.ts'
import type { Id } from '../protocol/envelope.ts'
import type { MediaAccess } from './access.ts'
import type { ClipSettings } from './cutter.ts'
import type { MediaItem } from './item.ts'
import { CameraRecorder } from './recorder.ts'
import { takeSnapshot } from './snapshot.ts'

export interface MediaKeeperDeps {
  readonly consent: Pick<Consent, 'grant'>
  /** Where media is written before it is handed over. */
  readonly folder: string
  readonly settings: ClipSettings
  readonly clock: Clock
  readonly random: () => number
  /** Ends everything. */
  readonly signal: AbortSignal
  /** Takes over an item and its file, under the grant that it was made with. */
  readonly onItem: (grant: Grant, item: MediaItem) => Promise<void>
  readonly onTrouble: (camera: Id, error: unknown) => void
}

interface Running {
  readonly grant: Grant
  readonly recorder: CameraRecorder
}

/**
 * Keeps what runs for the cameras in step with what their owner allows: a recorder while clips are allowed, a snapshot
 * as soon as snapshots are. What is no longer allowed ends by itself, through its grant.
 */
export class MediaKeeper {
  readonly #deps: MediaKeeperDeps
  readonly #cameras = new Map<Id, MediaAccess>()
  readonly #recorders = new Map<Id, Running>()
  /** The grant under which the first snapshot was taken: a new permission brings a new picture. */
  readonly #greeted = new Map<Id, Grant>()
  readonly #work = new Set<Promise<void>>()

  constructor(deps: MediaKeeperDeps) {
    this.#deps = deps
  }

  /** A camera that can be asked from now on. */
  add(access: MediaAccess): void {
    this.#cameras.set(access.camera, access)
    this.#reviewCamera(access)
  }

  /** To be called after what is allowed may have changed. */
  review(): void {
    for (const access of this.#cameras.values()) this.#reviewCamera(access)
  }

  /** Something happened in front of the camera: a clip around it, where clips are allowed. `atMs`: UTC. */
  trigger(camera: Id, reason: string, atMs: number): void {
    this.#recorders.get(camera)?.recorder.trigger(reason, atMs)
  }

  /** One picture of each camera whose owner allows it, or of the one named. Resolves when all are taken or have failed. */
  async snapshots(reason: string, camera?: Id): Promise<number> {
    const asked = [...this.#cameras.values()].filter((access) => camera === undefined || access.camera === camera)
    const taken = await Promise.all(asked.map((access) => this.#snapshot(access, reason)))
    return taken.filter(Boolean).length
  }

  /** Resolves when everything that ran has ended; the signal must have fired. */
  async ended(): Promise<void> {
    await Promise.all(this.#work)
  }

  #reviewCamera(access: MediaAccess): void {
    const { consent, signal } = this.#deps
    if (signal.aborted) return
    const picture = consent.grant(access.camera, 'snapshot')
    if (picture && this.#greeted.get(access.camera) !== picture) {
      this.#greeted.set(access.camera, picture)
      this.#run(this.#snapshot(access, 'granted').then(() => {}))
    }
    const clips = consent.grant(access.camera, 'clip')
    if (clips && this.#recorders.get(access.camera)?.grant !== clips) this.#record(clips, access)
  }

  /** A recorder that gave up stays listed, so that a refused credential is not sent again under the same grant. */
  #record(grant: Grant, access: MediaAccess): void {
    const { camera } = access
    const recorder = new CameraRecorder(grant, access, {
      ...this.#deps,
      onItem: (item) => this.#deps.onItem(grant, item),
      onTrouble: (error) => this.#deps.onTrouble(camera, error),
    })
    this.#recorders.set(camera, { grant, recorder })
    this.#run(recorder.run().catch((error: unknown) => this.#tell(camera, grant, error)))
  }

  async #snapshot(access: MediaAccess, reason: string): Promise<boolean> {
    const grant = this.#deps.consent.grant(access.camera, 'snapshot')
    if (grant === undefined) return false
    try {
      await this.#deps.onItem(grant, await takeSnapshot(grant, access, { ...this.#deps, reason }))
      return true
    } catch (error) {
      this.#tell(access.camera, grant, error)
      return false
    }
  }

  /** That a permission ended is no trouble. */
  #tell(camera: Id, grant: Grant, error: unknown): void {
    if (grant.signal.aborted || errorKind(error) === 'cancelled') return
    this.#deps.onTrouble(camera, error)
  }

  #run(work: Promise<void>): void {
    const running = work.finally(() => this.#work.delete(running))
    this.#work.add(running)
  }
}
