import { rm } from 'node:fs/promises'
import type { Clock } from '../base/clock.ts'
import { errorKind, LenscapError } from '../base/errors.ts'
import { LinkedController } from '../base/linked-controller.ts'
import { keepRunning, type RetryPolicy } from '../base/retry.ts'
import type { Grant } from '../consent/consent.ts'
import { isSound, type StreamUnit } from '../rtsp/access-unit.ts'
import { openStream, type StreamLimits, type StreamOptions } from '../rtsp/client.ts'
import { demandGrant, type MediaAccess, onOwnAddress, throughGate } from './access.ts'
import type { Clip } from './clip.ts'
import { ClipCutter, type ClipSettings } from './cutter.ts'
import type { MediaItem } from './item.ts'

// Nobody watches what is recorded: this late costs half of what at once does.
const READ_EVERY_MS = 100

const RECONNECT: RetryPolicy = { firstDelayMs: 1000, delayMsMax: 60_000, steadyAfterMs: 30_000 }

/** Who brought keyframes for this long did not fail: it is asked again soon, however often it breaks off. */
const PLAYED_MS = 5_000

/** Who began to play this little ago may still bring the picture that an event before it missed. */
const JUST_MS = 2_000

/** What is asked of a camera's stream. */
export type StreamWishes = Pick<StreamOptions, 'sound' | 'transport' | 'readEveryMs'>

/** A camera that restarts misses one try; who misses two in a row is worth a word. */
const BARREN_MAX = 2

export interface RecorderDeps {
  /** Where clips are written; the same for all cameras. */
  readonly folder: string
  readonly settings: ClipSettings
  readonly clock: Clock
  readonly random: () => number
  /** Ends the recorder; a clip in progress is finished as far as it goes. */
  readonly signal: AbortSignal
  /** Takes over a finished clip and its file. If it throws, the file is removed. */
  readonly onItem: (item: MediaItem) => void | Promise<void>
  /** What went wrong on the way; the recorder goes on. A stalled stream has the fact `diagnosis: 'STREAM_STALLED'`. */
  readonly onTrouble: (error: unknown) => void
  /**
   * Why no picture comes: the stream stalled, two tries in a row brought none, or a clip was wanted and none came.
   * Without a reason: they come, or none are wanted any more.
   */
  readonly onStream?: (why?: unknown) => void
  readonly reconnect?: RetryPolicy
  /** By default no sound, and the transport that the camera takes. */
  readonly stream?: StreamWishes
  readonly streamLimits?: Partial<StreamLimits>
}

/** Whoever sees a recorder's stream: what it is shown it must look at, at once. */
export interface Tap {
  readonly onUnit: (unit: StreamUnit) => void
  readonly onEnd: () => void
}

/** Records clips of one camera while a grant for them stands: one stream, a ring, and a clip for each trigger. */
export class CameraRecorder {
  readonly #grant: Grant
  readonly #access: MediaAccess
  readonly #deps: RecorderDeps
  readonly #cutter: ClipCutter
  readonly #finishing = new Map<Clip, Promise<void>>()
  #dropping = Promise.resolve()
  /** Tries in a row that brought no keyframe. */
  #barren = 0
  /** Of the connection that plays or played last: its first keyframe and its last, monotonic. */
  #keyframesMs: readonly [first: number, last: number] | undefined
  #playingSinceMs = 0
  #isFlowing = false
  #isPlaying = false
  readonly #taps = new Set<Tap>()
  #pace: (readEveryMs: number) => void = () => {}

  /** @throws LenscapError `refused` unless the grant stands and is for clips of this camera */
  constructor(grant: Grant, access: MediaAccess, deps: RecorderDeps) {
    demandGrant(grant, access.camera, 'clip')
    this.#grant = grant
    this.#access = access
    this.#deps = deps
    const { folder, settings, clock } = deps
    this.#cutter = new ClipCutter({
      folder,
      camera: access.camera,
      settings,
      clock,
      onCut: (clip) => this.#hand(clip),
      onMissed: () => {
        const missed = new LenscapError('timeout', 'A clip was wanted, but no picture came')
        deps.onTrouble(missed)
        // Who does not play at all has said why.
        if (this.#isPlaying && clock.monotonicMs() - this.#playingSinceMs >= JUST_MS) this.#miss(missed)
      },
    })
  }

  /** Makes a clip around this moment, or extends the one in progress. Without pictures it waits for the first. */
  trigger(reason: string, atMs: number): void {
    if (!this.#grant.signal.aborted && !this.#deps.signal.aborted) this.#cutter.trigger(reason, atMs)
  }

  /**
   * Lets somebody else see the same stream, from its newest keyframe on and as it comes, so that the camera carries one
   * connection. Undefined where none flows now, or it can't be told from where.
   */
  tap(tap: Tap): Disposable | undefined {
    const newest = this.#cutter.newest
    if (!this.#isPlaying || newest.length === 0) return undefined
    for (const unit of newest) tap.onUnit(unit)
    this.#taps.add(tap)
    this.#pace(0)
    return {
      [Symbol.dispose]: () => {
        this.#taps.delete(tap)
        if (this.#taps.size === 0) this.#pace(this.#readEveryMs)
      },
    }
  }

  get #readEveryMs(): number {
    return this.#deps.stream?.readEveryMs ?? READ_EVERY_MS
  }

  /**
   * Plays and records until the grant or the signal ends; call it once. When the grant ends, the socket is closed and
   * everything that was not handed over is deleted, before anything else happens.
   * @throws LenscapError `refused` or `unsupported` where trying again would not help until something is changed
   */
  async run(): Promise<void> {
    const { clock, random, signal, onTrouble } = this.#deps
    using done = new LinkedController(signal, this.#grant.signal)
    const stop = done.signal
    this.#grant.signal.addEventListener('abort', this.#dropAll, { once: true })
    if (this.#grant.signal.aborted) this.#dropAll()
    const onError = (error: unknown) => {
      onTrouble(error)
      this.#failed(error)
    }
    const deps = { clock, random, signal: stop, onError }
    let final: unknown
    const attempt = async () => {
      try {
        await this.#play(stop)
      } catch (error) {
        const hopeless = errorKind(error) === 'refused' || errorKind(error) === 'unsupported'
        if (stop.aborted || (!hopeless && !this.#hasPlayed)) throw error
        if (!hopeless) return onError(error)
        final = error
        done.abort()
      } finally {
        this.#isPlaying = false
        for (const tap of this.#taps) tap.onEnd()
        this.#taps.clear()
        this.#cutter.breakOff()
      }
    }
    try {
      await keepRunning(attempt, this.#deps.reconnect ?? RECONNECT, deps)
      await Promise.all(this.#finishing.values())
    } finally {
      this.#grant.signal.removeEventListener('abort', this.#dropAll)
      await this.#dropping
      await this.#cutter.drop()
      this.#deps.onStream?.()
    }
    if (final !== undefined) throw final
  }

  #failed(error: unknown): void {
    this.#barren += 1
    this.#isFlowing = false
    const isStalled = error instanceof LenscapError && error.facts['diagnosis'] === 'STREAM_STALLED'
    if (isStalled || this.#barren >= BARREN_MAX) this.#miss(error)
  }

  get #hasPlayed(): boolean {
    const [firstMs, lastMs] = this.#keyframesMs ?? [0, 0]
    return lastMs - firstMs >= PLAYED_MS
  }

  #miss(error: unknown): void {
    this.#isFlowing = false
    this.#deps.onStream?.(error)
  }

  /** A keyframe came: without one, nothing can be shown. */
  #flow(): void {
    const nowMs = this.#deps.clock.monotonicMs()
    this.#keyframesMs = [this.#keyframesMs?.[0] ?? nowMs, nowMs]
    this.#barren = 0
    if (!this.#isFlowing) this.#deps.onStream?.()
    this.#isFlowing = true
  }

  /** One connection, from dialling to its end. */
  async #play(signal: AbortSignal): Promise<void> {
    const { clock, streamLimits: limits = {}, stream = {} } = this.#deps
    const wishes = { ...stream, readEveryMs: this.#readEveryMs }
    const { address, credential } = this.#access
    this.#keyframesMs = undefined
    this.#grant.check()
    const uri = onOwnAddress(await this.#access.streamUri(signal), address)
    this.#grant.check()
    await throughGate(this.#access, 'rtsp', signal, async () => {
      const playing = await openStream({ uri, credential, signal, clock, limits, ...wishes })
      this.#playingSinceMs = clock.monotonicMs()
      if (credential && playing.signedIn) this.#access.gate.accept(credential, 'rtsp')
      this.#isPlaying = true
      this.#pace = (readEveryMs) => playing.pace(readEveryMs)
      for await (const unit of playing) this.#take(unit)
    })
  }

  #take(unit: StreamUnit): void {
    // Asked once per GOP; in between the grant's own signal closes the socket.
    if (!isSound(unit) && unit.keyframe) {
      this.#grant.check()
      this.#flow()
    }
    this.#cutter.take(unit)
    // Before anything is awaited: a picture's memory may be used again.
    for (const { onUnit } of this.#taps) onUnit(unit)
  }

  /** Sees a clip to the disk and into the hands of whoever takes it. */
  #hand(clip: Clip): void {
    const work = this.#deliver(clip)
      .catch((error) => {
        if (!this.#grant.signal.aborted) this.#deps.onTrouble(error)
      })
      .finally(() => this.#finishing.delete(clip))
    this.#finishing.set(clip, work)
  }

  async #deliver(clip: Clip): Promise<void> {
    const item = await clip.finish()
    if (item === undefined) return
    try {
      this.#grant.check()
      await this.#deps.onItem(item)
    } catch (error) {
      await rm(item.path, { force: true })
      throw error
    }
  }

  #dropAll = (): void => {
    const { onTrouble } = this.#deps
    this.#dropping = this.#cutter.drop().catch(onTrouble)
    for (const clip of this.#finishing.keys()) clip.discard().catch(onTrouble)
  }
}
