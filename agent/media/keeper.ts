import type { Clock } from '../base/clock.ts'
import { errorKind, LenscapError } from '../base/errors.ts'
import type { Credential } from '../base/secret.ts'
import type { Consent, Grant } from '../consent/consent.ts'
import { BriefRefusals, type RefusalMemory } from '../credentials/refusal-log.ts'
import type { Id } from '../protocol/envelope.ts'
import type { MediaAccess } from './access.ts'
import type { ClipSettings } from './cutter.ts'
import type { MediaItem } from './item.ts'
import { CameraRecorder, type StreamWishes } from './recorder.ts'
import { Refusals } from './refusals.ts'
import { takeSnapshot } from './snapshot.ts'
import { PictureTroubles } from './troubles.ts'

/** A restless camera brings a picture this often at most by its events. */
const EVENT_SNAPSHOT_EVERY_MS = 10_000

/** Pictures of many cameras asked for at once are taken so many at a time: each may take 8 MB of memory. */
const SNAPSHOTS_AT_ONCE_MAX = 4

/** A stream that can't be played is tried again this often. */
const UNSUPPORTED_REST_MS = 300_000

const REFUSED_BEFORE = new LenscapError('refused', 'The camera refused this user and password before', {
  diagnosis: 'AUTH_REJECTED',
})

export interface MediaKeeperDeps {
  readonly consent: Pick<Consent, 'grant'>
  /** Where media is written before it is handed over. */
  readonly folder: string
  readonly settings: ClipSettings
  readonly stream?: StreamWishes
  /** What cameras refused; where absent, it is remembered as long as this lives. */
  readonly refusals?: RefusalMemory
  readonly clock: Clock
  readonly random: () => number
  /** Ends everything. */
  readonly signal: AbortSignal
  /** Takes over an item and its file, under the grant that it was made with. */
  readonly onItem: (grant: Grant, item: MediaItem) => Promise<void>
  readonly onTrouble: (camera: Id, error: unknown) => void
  /** Why no picture of a stream, or no snapshot, comes; without a reason: they come, or none are wanted any more. */
  readonly onStream: (camera: Id, why?: unknown) => void
}

interface Recording {
  readonly grant: Grant
  readonly recorder: CameraRecorder
  /** It gave up: trying again would not help until something is changed. */
  gaveUp: boolean
}

/**
 * Keeps what runs for the cameras in step with what their owner allows: a recorder while clips are allowed, a snapshot
 * as soon as snapshots are, at each event, and when asked. What is no longer allowed ends by itself, through its grant.
 */
export class MediaKeeper {
  readonly #deps: MediaKeeperDeps
  readonly #cameras = new Map<Id, MediaAccess>()
  readonly #recordings = new Map<Id, Recording>()
  /** The grant under which the first snapshot was taken: a new permission brings a new picture. */
  readonly #greeted = new Map<Id, Grant>()
  readonly #refusals: Refusals
  readonly #troubles: PictureTroubles
  /** Whose stream is wanted and was given up: that was told, and holds as long as it is wanted. */
  readonly #missed = new Set<Id>()
  /** The snapshot under way: a second wish for one under the same grant gets the same. */
  readonly #taking = new Map<Id, { readonly grant: Grant; readonly work: Promise<boolean> }>()
  /** When an event last brought a snapshot, monotonic milliseconds. */
  readonly #eventSnapshotMs = new Map<Id, number>()
  readonly #work = new Set<Promise<unknown>>()

  constructor(deps: MediaKeeperDeps) {
    this.#deps = deps
    this.#troubles = new PictureTroubles(deps.onStream)
    this.#refusals = new Refusals(deps.refusals ?? new BriefRefusals(), deps.clock)
  }

  /** A camera that can be asked from now on. */
  add(access: MediaAccess): void {
    this.#cameras.set(access.camera, access)
    this.#reviewCamera(access)
  }

  /** To be called after what is allowed, or who signs in to a camera, may have changed. */
  review(): void {
    for (const access of this.#cameras.values()) this.#reviewCamera(access)
  }

  /** Something about the camera itself changed, so that what it could not do before may work now. */
  changed(camera: Id): void {
    const access = this.#cameras.get(camera)
    if (this.#recordings.get(camera)?.gaveUp) this.#recordings.delete(camera)
    if (access) this.#reviewCamera(access)
  }

  /** Something happened in front of the camera: a clip around it and a snapshot, where allowed. `atMs`: UTC. */
  trigger(camera: Id, reason: string, atMs: number): void {
    const recording = this.#recordings.get(camera)
    if (recording && !recording.gaveUp) recording.recorder.trigger(reason, atMs)
    const access = this.#cameras.get(camera)
    const nowMs = this.#deps.clock.monotonicMs()
    const lastMs = this.#eventSnapshotMs.get(camera) ?? Number.NEGATIVE_INFINITY
    if (access === undefined || nowMs - lastMs < EVENT_SNAPSHOT_EVERY_MS || this.#deps.signal.aborted) return
    if (this.#deps.consent.grant(camera, 'snapshot') === undefined) return
    this.#eventSnapshotMs.set(camera, nowMs)
    this.#run(this.#snapshot(access, reason))
  }

  /** One picture of each camera whose owner allows it, or of the one named. Resolves when all are taken or have failed. */
  async snapshots(reason: string, camera?: Id): Promise<number> {
    const wanted = [...this.#cameras.values()].filter((access) => camera === undefined || access.camera === camera)
    let taken = 0
    const takeOn = async () => {
      for (let access = wanted.shift(); access; access = wanted.shift()) {
        if (await this.#snapshot(access, reason)) taken += 1
      }
    }
    const work = Promise.all(Array.from({ length: SNAPSHOTS_AT_ONCE_MAX }, takeOn))
    this.#run(work)
    await work
    return taken
  }

  /** What records this camera now, for who wants to see the same stream. */
  recorderOf(camera: Id): CameraRecorder | undefined {
    const recording = this.#recordings.get(camera)
    return recording && !recording.gaveUp && !recording.grant.signal.aborted ? recording.recorder : undefined
  }

  /** Whether the camera has refused this before, for live view under this grant. */
  refuses(grant: Grant, access: MediaAccess): boolean {
    return this.#isRefused(grant, access)
  }

  /** What went wrong with a live view: a refusal is remembered for what else asks this camera. */
  note(grant: Grant, access: MediaAccess, error: unknown): void {
    this.#tell(grant, credentialOf(access), error)
  }

  /** Resolves when everything that ran has ended; the signal must have fired. */
  async ended(): Promise<void> {
    await Promise.all(this.#work)
  }

  #reviewCamera(access: MediaAccess): void {
    const { consent, signal } = this.#deps
    const { camera } = access
    if (signal.aborted) return
    const picture = consent.grant(camera, 'snapshot')
    const clips = consent.grant(camera, 'clip')
    if (picture === undefined) {
      this.#refusals.over(camera, 'snapshot', credentialOf(access))
      this.#troubles.snapshotWell(camera)
    }
    if (clips === undefined) this.#refusals.over(camera, 'clip', credentialOf(access))
    // Both ask by the same way: what is known of it is doubted where neither is allowed.
    const isAsked = clips !== undefined || consent.grant(camera, 'live') !== undefined
    if (!isAsked) this.#refusals.over(camera, 'live', credentialOf(access))
    if (picture && this.#greeted.get(camera) !== picture && !this.#isRefused(picture, access)) {
      this.#greeted.set(camera, picture)
      this.#run(this.#snapshot(access, 'granted'))
    }
    if (!clips && this.#missed.delete(camera)) this.#troubles.stream(camera)
    const current = this.#recordings.get(camera)
    const isWanted = clips !== undefined && (current === undefined || current.grant !== clips)
    if (!isWanted) return
    if (!this.#isRefused(clips, access)) this.#record(clips, access)
    else if (!this.#missed.has(camera)) this.#miss(clips, REFUSED_BEFORE)
  }

  #record(grant: Grant, access: MediaAccess): void {
    const { camera } = access
    const recorder = new CameraRecorder(grant, access, {
      ...this.#deps,
      onItem: (item) => this.#deps.onItem(grant, item),
      onTrouble: (error) => this.#deps.onTrouble(camera, error),
      onStream: (why) => this.#troubles.stream(camera, why),
    })
    const recording: Recording = { grant, recorder, gaveUp: false }
    this.#recordings.set(camera, recording)
    const credential = credentialOf(access)
    const work = recorder.run().catch((error: unknown) => {
      recording.gaveUp = true
      this.#tell(grant, credential, error)
      this.#miss(grant, error)
      if (errorKind(error) === 'unsupported') this.#run(this.#tryAgain(camera))
      // A refusal is remembered as such, and taken up again by a review once it no longer stands.
      if (errorKind(error) === 'refused' && this.#recordings.get(camera) === recording) this.#recordings.delete(camera)
    })
    this.#run(work)
  }

  /** Nobody asks for its stream any more: that is told as long as it is wanted. */
  #miss({ camera, signal }: Grant, why: unknown): void {
    if (signal.aborted) return
    this.#missed.add(camera)
    this.#troubles.stream(camera, why)
  }

  /** What a camera lacks it may have after an update, or when it has come to its senses. */
  async #tryAgain(camera: Id): Promise<void> {
    const { clock, signal } = this.#deps
    await clock.sleep(UNSUPPORTED_REST_MS, signal).catch(() => {})
    if (!signal.aborted) this.changed(camera)
  }

  async #snapshot(access: MediaAccess, reason: string): Promise<boolean> {
    const { camera } = access
    const grant = this.#deps.consent.grant(camera, 'snapshot')
    if (grant === undefined || this.#isRefused(grant, access)) return false
    const underWay = this.#taking.get(camera)
    if (underWay?.grant === grant) return await underWay.work
    const taking = { grant, work: this.#takeOne(grant, access, reason) }
    this.#taking.set(camera, taking)
    try {
      return await taking.work
    } finally {
      if (this.#taking.get(camera) === taking) this.#taking.delete(camera)
    }
  }

  async #takeOne(grant: Grant, access: MediaAccess, reason: string): Promise<boolean> {
    const credential = credentialOf(access)
    try {
      const item = await takeSnapshot(grant, access, { ...this.#deps, reason })
      this.#troubles.snapshotWell(access.camera)
      await this.#deps.onItem(grant, item)
      return true
    } catch (error) {
      // The next one that may be asked for is a first one again.
      if (errorKind(error) === 'refused') this.#greeted.delete(access.camera)
      if (!grant.signal.aborted) this.#troubles.snapshotFailed(access.camera, error)
      this.#tell(grant, credential, error)
      return false
    }
  }

  #isRefused(grant: Grant, access: MediaAccess): boolean {
    return this.#refusals.stands(grant, credentialOf(access))
  }

  /** That a permission ended is no trouble. */
  #tell(grant: Grant, credential: Credential | undefined, error: unknown): void {
    if (grant.signal.aborted || errorKind(error) === 'cancelled') return
    if (errorKind(error) === 'refused') this.#refusals.note(grant, credential, error)
    this.#deps.onTrouble(grant.camera, error)
  }

  #run(work: Promise<unknown>): void {
    const running = work.finally(() => this.#work.delete(running))
    running.catch(() => {}) // `ended` tells
    this.#work.add(running)
  }
}

/** Undefined also for a camera that the inventory has no way to any more. */
function credentialOf(access: MediaAccess): Credential | undefined {
  try {
    return access.credential
  } catch {
    return undefined
  }
}
