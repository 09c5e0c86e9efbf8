import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { stateBallast } from '../base/ballast.ts'
import { Bell } from '../base/bell.ts'
import type { Clock } from '../base/clock.ts'
import { type Database, openDatabase, readDatabase } from '../base/database.ts'
import { describeError, errorKind, LenscapError } from '../base/errors.ts'
import type { Logger } from '../base/logger.ts'
import { keepRunning } from '../base/retry.ts'
import type { Grant } from '../consent/consent.ts'
import type { ActivityKind } from '../protocol/activity.ts'
import type { Id } from '../protocol/envelope.ts'
import { checkItem } from './check-item.ts'
import { each } from './each.ts'
import { Flights } from './flights.ts'
import { type Books, closeAtStart, closeInterrupted, isOfBooks } from './interrupted.ts'
import { LEDGER_TABLES, LEDGER_TOLD_TABLES, Ledger, type LedgerRow } from './ledger.ts'
import { type EgressLimits, LIMITS } from './limits.ts'
import { Pace } from './pace.ts'
import { type EgressItem, MediaQueue, QUEUE_SEALED, QUEUE_TABLES, type QueuedItem } from './queue.ts'
import { type Keeping, QUEUE_AGE_TABLES, Retention } from './retention.ts'
import { recipientsOf } from './seal.ts'
import { sendItem } from './send.ts'
import { tellLedger } from './tell-ledger.ts'
import { Turns } from './turns.ts'
import type { UploadTarget } from './upload.ts'

/** What the owner is told. */
export interface EgressActivity {
  readonly kind: Extract<ActivityKind, 'upload-done' | 'upload-cancelled' | 'upload-failed'>
  readonly camera: Id | undefined
  readonly message: string
}

export interface EgressDeps {
  /** Holds `egress.db` and the folder of media that waits. */
  readonly stateDir: string
  /** Permission as it stands now: `Consent.grant`. */
  readonly grantFor: (camera: Id, kind: QueuedItem['kind']) => Grant | undefined
  readonly target: UploadTarget
  readonly clock: Clock
  readonly random: () => number
  readonly logger: Logger
  readonly onActivity: (activity: EgressActivity) => void
  /** Takes rows of the ledger for the bridge; resolves when they are on disk. Without it, nobody is told. */
  readonly onLedger?: (rows: LedgerRow[]) => Promise<unknown>
  readonly limits?: Partial<EgressLimits>
}

/** Whether anything has waited for too long is looked at so often. */
const LOOK_EVERY_MS = 60_000
const MIGRATIONS = [QUEUE_TABLES + LEDGER_TABLES, LEDGER_TOLD_TABLES, QUEUE_SEALED, QUEUE_AGE_TABLES]
const pathIn = (stateDir: string) => join(stateDir, 'egress.db')

/** Opens the queue's and the ledger's database. */
export const openEgressDatabase = (stateDir: string): Database =>
  stateBallast(stateDir).withRoom(
    () => undefined,
    () => openDatabase(pathIn(stateDir), MIGRATIONS),
  )

/** The queue's and the ledger's database for a tool that reads it beside a running agent; undefined before its first run. */
export const readEgressDatabase = (stateDir: string): Database | undefined => readDatabase(pathIn(stateDir), MIGRATIONS)

/** The one room through which media leaves the box. Without a grant that stands it opens no connection. */
export class Egress implements Disposable {
  readonly ledger: Ledger
  readonly #deps: EgressDeps
  readonly #limits: EgressLimits
  readonly #db: Database
  readonly #queue: MediaQueue
  readonly #bell: Bell
  readonly #pace: Pace
  readonly #retention: Retention
  readonly #watched = new WeakSet<Grant>()
  readonly #flights: Flights
  readonly #turns = new Turns()
  #chunkBytes: number
  #flightsMax = 1
  /** Failures that are being seen to: nothing begins meanwhile. */
  #resting = 0
  #troubled = false

  /** @throws LenscapError `storage` where the queue can't be opened; it is never replaced, since it holds the ledger */
  constructor(deps: EgressDeps) {
    this.#deps = deps
    this.#limits = { ...LIMITS, ...deps.limits }
    this.#chunkBytes = this.#limits.chunkBytes
    this.#pace = new Pace(this.#limits, deps.clock)
    this.#db = openEgressDatabase(deps.stateDir)
    this.#queue = new MediaQueue(this.#db, join(deps.stateDir, 'media-queue'))
    this.#retention = new Retention(this.#queue, this.#db, deps.clock, this.#limits)
    const { strays } = this.#queue
    if (strays > 0) deps.logger.warn({ files: strays }, 'Media that no queued item names was removed after a crash')
    this.ledger = new Ledger(this.#db)
    this.#bell = new Bell(deps.clock)
    this.#flights = new Flights(this.#bell.ring)
    closeAtStart(this.#books, deps.logger)
  }

  get #books(): Books {
    const { chunkBytesMax } = this.#limits
    return { ledger: this.ledger, queue: this.#queue, clock: this.#deps.clock, chunkBytesMax }
  }

  /** Whether media of this camera waits. */
  holds(camera: Id): boolean {
    return this.#queue.scopes().some((scope) => scope.camera === camera)
  }

  /** What waits to leave. */
  queued(): { readonly items: number; readonly bytes: number } {
    return this.#queue.depth()
  }

  /** What may wait from now on. */
  use(keeping: Keeping): void {
    this.#retention.use(keeping)
    this.#bell.ring()
  }

  /** What left, ever. */
  totals(): { readonly bytes: number; readonly items: number } {
    return this.ledger.totals()
  }

  /**
   * Takes an item and its file, which is the queue's from now on: it is encrypted for whom the grant names, and the plain
   * file is deleted, also where this throws.
   * @throws LenscapError `refused` without permission, `invalid` for an item that makes no sense or another's grant,
   * `unsupported` where the bridge names nobody to encrypt for, `limit` when it is larger than the queue, `storage`
   */
  async enqueue(grant: Grant, item: EgressItem): Promise<void> {
    try {
      const { camera, kind, bytes } = checkItem(grant, item)
      if (bytes > this.#retention.bytesMax)
        throw new LenscapError('limit', 'The item is larger than the queue', { bytes })
      const nowMs = () => this.#retention.nowMs()
      await this.#queue.add(item, { recipients: recipientsOf(grant), check: () => grant.check(), nowMs })
      // Permission may have ended meanwhile, and come back since: what was taken before stays behind.
      if (grant.signal.aborted) this.#queue.remove(item.item)
      this.#review(camera, kind)
      if (!this.#queue.has(item.item))
        throw new LenscapError('refused', 'The permission has ended meanwhile', { camera })
    } finally {
      rmSync(item.path, { force: true })
    }
    this.#tellGone(this.#retention.bySize([item.item, ...this.#flights.items]))
    this.#bell.ring()
  }

  /** Sends what waits until the signal fires. Never throws. Stop it before the consent room is closed. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, random, logger } = this.#deps
    signal.addEventListener('abort', this.#bell.ring)
    const onError = (error: unknown, nextAttemptMs: number) =>
      logger.warn({ reason: describeError(error), nextAttemptMs }, 'An upload did not go through')
    const { onLedger } = this.#deps
    const telling = onLedger && tellLedger({ ledger: this.ledger, onLedger, clock, logger, signal })
    await keepRunning((stop) => this.#work(stop), this.#limits.retry, { clock, random, signal, onError })
    await telling
    signal.removeEventListener('abort', this.#bell.ring)
  }

  [Symbol.dispose](): void {
    if (this.#db.open) this.#retention.keepTime()
    this.#db.close()
  }

  get #closed(): boolean {
    return !this.#db.open
  }

  async #work(signal: AbortSignal): Promise<void> {
    this.#dropUnsealed()
    // A full disk, which refuses to let one row go, must not keep the files of the others.
    each(this.#queue.scopes(), ({ camera, kind }) => this.#review(camera, kind))
    while (!signal.aborted && !this.#flights.failed) {
      this.#tellGone(this.#retention.byAge(this.#flights.items))
      const closedForMs = this.#pace.closedForMs()
      const item = closedForMs > 0 ? undefined : this.#nextToSend()
      if (item) this.#flights.start(item.item, this.#send(item, signal))
      else await this.#bell.wait(Math.min(closedForMs || LOOK_EVERY_MS, LOOK_EVERY_MS))
    }
    await this.#flights.ended()
  }

  #nextToSend(): QueuedItem | undefined {
    const { items } = this.#flights
    return this.#resting === 0 && items.length < this.#flightsMax ? this.#queue.next(items) : undefined
  }

  async #send(item: QueuedItem, signal: AbortSignal): Promise<void> {
    const { grantFor, target, clock, onActivity } = this.#deps
    const grant = grantFor(item.camera, item.kind)
    if (!grant) return this.#review(item.camera, item.kind)
    // An end that the disk refused is booked before anything else leaves.
    closeInterrupted(this.#books)
    this.#watch(grant)
    try {
      const { ledger } = this
      const sentBytes = await sendItem({
        item,
        grant,
        target,
        clock,
        ledger,
        signal,
        queue: this.#queue,
        pace: this.#pace,
        turn: this.#turns.next(),
        chunkBytes: this.#chunkBytes,
        stallMs: this.#limits.stallMs,
      })
      this.#troubled = false
      this.#flightsMax = this.#limits.flightsMax
      this.#chunkBytes = Math.min(2 * this.#chunkBytes, this.#limits.chunkBytesMax)
      onActivity({ kind: 'upload-done', camera: item.camera, message: `A ${item.kind} was sent (${sentBytes} bytes)` })
    } catch (error) {
      this.#resting += 1
      await this.#afterFailure(item, grant, error, signal).finally(() => {
        this.#resting -= 1
      })
    }
  }

  /** Decides whether the item stays. Throws where the next attempt must wait. */
  async #afterFailure(item: QueuedItem, grant: Grant, error: unknown, signal: AbortSignal): Promise<void> {
    if (signal.aborted || !this.#queue.has(item.item)) return
    if (grant.signal.aborted) return this.#review(item.camera, item.kind)
    const kind = errorKind(error)
    const { camera } = item
    this.#flightsMax = 1
    if (kind === 'refused') this.#queue.noteRefusal(item.item)
    const wasLarge = this.#chunkBytes > this.#limits.chunkBytes
    this.#chunkBytes = this.#limits.chunkBytes
    const hopeless = kind === 'refused' && item.refusals + 1 >= this.#limits.refusalsMax
    // What can't be booked, on a full disk, waits. And a proxy may have refused the size of the request, not the item.
    const waits = isOfBooks(error) || (kind === 'invalid' && wasLarge)
    if (!waits && (hopeless || kind === 'invalid' || kind === 'storage')) {
      this.#queue.remove(item.item)
      const message = `A ${item.kind} was given up and deleted: ${describeError(error)}`.slice(0, 512)
      this.#deps.onActivity({ kind: 'upload-failed', camera, message })
    } else if (!this.#troubled) {
      // Once an outage, not once an attempt.
      this.#troubled = true
      const message = `A ${item.kind} waits: ${describeError(error)}`.slice(0, 512)
      this.#deps.onActivity({ kind: 'upload-failed', camera, message })
    }
    if (kind === 'refused') await this.#deps.clock.sleep(this.#limits.refusedDelayMs, signal).catch(() => {})
    if (waits || (kind !== 'invalid' && kind !== 'storage')) throw error
  }

  /** Deletes what waits under a grant the moment it ends. */
  #watch(grant: Grant): void {
    if (this.#watched.has(grant)) return
    this.#watched.add(grant)
    const { camera, kind } = grant
    if (kind === 'live') return
    const onEnd = () => {
      try {
        this.#review(camera, kind)
      } catch (error) {
        // Files go before rows: without a grant and without its file, what is left of it can't be sent.
        this.#deps.logger.error({ camera, kind, reason: describeError(error) }, "Queued media can't be forgotten")
      }
    }
    grant.signal.addEventListener('abort', onEnd, { once: true })
  }

  /** Keeps what is still allowed under a grant of now; deletes the rest, files first. */
  #review(camera: Id, kind: QueuedItem['kind']): void {
    if (this.#closed) return
    const grant = this.#deps.grantFor(camera, kind)
    if (grant) {
      this.#watch(grant)
      return
    }
    const items = this.#queue.inScope(camera, kind)
    this.#queue.remove(...items.map(({ item }) => item))
    if (items.length === 0) return
    const what =
      items.length === 1 ? `A ${kind} that had not left was` : `${items.length} ${kind}s that had not left were`
    this.#deps.onActivity({ kind: 'upload-cancelled', camera, message: `${what} deleted: no longer allowed` })
  }

  #dropUnsealed(): void {
    const items = this.#queue.removeUnsealed()
    if (items === 0) return
    this.#tellGone(`${items} items that an earlier release had queued without encryption were deleted`)
  }

  #tellGone(message: string | undefined): void {
    if (message) this.#deps.onActivity({ kind: 'upload-cancelled', camera: undefined, message })
  }
}
