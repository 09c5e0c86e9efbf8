import type { Clock } from '../base/clock.ts'
import { errorKind, LenscapError } from '../base/errors.ts'
import { LinkedController } from '../base/linked-controller.ts'
import { keepRunning, type RetryPolicy } from '../base/retry.ts'
import type { Grant } from '../consent/consent.ts'
import type { Id } from '../protocol/envelope.ts'
import type { LiveQuality } from '../protocol/live.ts'
import type { StreamUnit } from '../rtsp/access-unit.ts'
import { openStream, type StreamLimits } from '../rtsp/client.ts'
import { demandGrant, type MediaAccess, onOwnAddress, throughGate } from './access.ts'
import { LiveFragments, type LivePiece } from './live-fragments.ts'
import type { CameraRecorder, StreamWishes } from './recorder.ts'

const RECONNECT: RetryPolicy = { firstDelayMs: 200, delayMsMax: 10_000, steadyAfterMs: 10_000 }

/** A recorder that has just begun needs its first keyframe. */
const RECORDED_MS_MAX = 10_000
const LOOK_MS = 100

const REJECTED = { diagnosis: 'AUTH_REJECTED' }

/** The way to a camera, and to those of its streams that are for watching. */
export interface LiveAccess extends MediaAccess {
  /** @throws LenscapError `unsupported` where there is none that browsers play */
  liveWay(quality: LiveQuality): {
    readonly token: string
    readonly isMain: boolean
    uri(signal: AbortSignal): Promise<URL>
  }
}

/** Who watches a stream. */
export interface LiveWatcher {
  /** Looks at the piece at once: its bytes are used again. */
  readonly onPiece: (piece: LivePiece) => void
  /** No picture comes for now. `final`: it will not be tried again. */
  readonly onTrouble: (error: unknown, final: boolean) => void
}

interface LiveStreamsDeps {
  /** What records the camera's main stream now. */
  readonly recorderOf: (camera: Id) => CameraRecorder | undefined
  /** Whether the camera refused the credential that it would be asked with. */
  readonly refuses: (grant: Grant, access: MediaAccess) => boolean
  /** What went wrong at a camera. */
  readonly onTrouble: (grant: Grant, access: MediaAccess, error: unknown) => void
  readonly stream?: StreamWishes
  readonly streamLimits?: Partial<StreamLimits>
  readonly clock: Clock
  readonly random: () => number
  /** Ends everything. */
  readonly signal: AbortSignal
  readonly reconnect?: RetryPolicy
}

/** One camera's stream, and who watches it in which quality. */
interface Playing {
  readonly watchers: Map<LiveWatcher, LiveQuality>
  readonly stop: LinkedController
  /** Ends what is played now, so that the loop looks again. */
  again: () => void
  /** In which quality it plays; undefined while it shows what is recorded. */
  quality: LiveQuality | undefined
}

/**
 * Cameras that are being watched: each is played once, however many watch it, and only while somebody does. Where one wants
 * it large, all get it so; where it is recorded, all see what is recorded: a camera carries one stream.
 */
export class LiveStreams {
  readonly #deps: LiveStreamsDeps
  readonly #playing = new Map<Id, Playing>()

  constructor(deps: LiveStreamsDeps) {
    this.#deps = deps
  }

  /**
   * Shows a camera from its next keyframe on, until what it returns is disposed of, or the grant ends.
   * @throws LenscapError `refused` unless the grant stands and is for live view of this camera; `unsupported` where the camera
   * has no stream that browsers play
   */
  watch(grant: Grant, access: LiveAccess, quality: LiveQuality, watcher: LiveWatcher): Disposable {
    demandGrant(grant, access.camera, 'live')
    access.liveWay(quality)
    const held = this.#playing.get(access.camera)
    const playing = held && !held.stop.signal.aborted ? held : this.#play(grant, access)
    playing.watchers.set(watcher, quality)
    suit(playing)
    return {
      [Symbol.dispose]: () => {
        playing.watchers.delete(watcher)
        if (playing.watchers.size === 0) playing.stop.abort()
        else suit(playing)
      },
    }
  }

  #play(grant: Grant, access: LiveAccess): Playing {
    const stop = new LinkedController(this.#deps.signal, grant.signal)
    const playing: Playing = { watchers: new Map(), stop, again: () => {}, quality: undefined }
    this.#playing.set(access.camera, playing)
    // Who watches is added first.
    queueMicrotask(() => {
      void this.#run(grant, access, playing).finally(() => {
        stop[Symbol.dispose]()
        stop.abort()
        if (this.#playing.get(access.camera) === playing) this.#playing.delete(access.camera)
      })
    })
    return playing
  }

  /** One loop that plays it again. Never throws. */
  async #run(grant: Grant, access: LiveAccess, playing: Playing): Promise<void> {
    const { clock, random, reconnect = RECONNECT } = this.#deps
    const { watchers, stop } = playing
    const { signal } = stop
    const tell = (error: unknown, final: boolean) => {
      this.#deps.onTrouble(grant, access, error)
      for (const watcher of [...watchers.keys()]) watcher.onTrouble(error, final)
    }
    const attempt = async () => {
      using once = new LinkedController(signal)
      playing.again = () => once.abort()
      try {
        await this.#once(grant, access, playing, once)
      } catch (error) {
        // Broken off, to begin in another way.
        if (once.signal.aborted && !signal.aborted) return
        const isHopeless = ['refused', 'unsupported'].includes(errorKind(error))
        if (signal.aborted || !isHopeless) throw error
        tell(error, true)
        stop.abort()
      }
    }
    const onError = (error: unknown) => tell(error, false)
    await keepRunning(attempt, reconnect, { clock, random, signal, onError })
  }

  /** The stream's life from dialling to its end, or as long as somebody else plays it. */
  async #once(grant: Grant, access: LiveAccess, playing: Playing, once: AbortController): Promise<void> {
    const { recorderOf } = this.#deps
    const { camera } = access
    const fragments = new LiveFragments()
    const onUnit = (unit: StreamUnit) => {
      for (const piece of fragments.take(unit)) for (const watcher of playing.watchers.keys()) watcher.onPiece(piece)
    }
    grant.check()
    const isShared = canShare(access)
    playing.quality = undefined
    const recorder = isShared ? recorderOf(camera) : undefined
    if (recorder) {
      await this.#follow(recorder, once.signal, onUnit)
      return
    }
    const quality = best(playing)
    playing.quality = quality
    await this.#own(grant, access, quality, once.signal, (unit) => {
      onUnit(unit)
      // What is recorded from now on needs the camera's one stream.
      if (isShared && 'keyframe' in unit && unit.keyframe && recorderOf(camera)) once.abort()
    })
  }

  /** Plays it by itself. */
  async #own(
    grant: Grant,
    access: LiveAccess,
    quality: LiveQuality,
    signal: AbortSignal,
    onUnit: (unit: StreamUnit) => void,
  ): Promise<void> {
    const { clock, streamLimits: limits = {}, stream = {}, refuses } = this.#deps
    if (refuses(grant, access)) {
      throw new LenscapError('refused', 'The camera refused this user and password before', REJECTED)
    }
    const uri = onOwnAddress(await access.liveWay(quality).uri(signal), access.address)
    grant.check()
    await throughGate(access, 'rtsp', signal, async () => {
      const { credential } = access
      // As they come: somebody waits for each.
      const playing = await openStream({ uri, credential, signal, clock, limits, ...stream, readEveryMs: 0 })
      if (credential && playing.signedIn) access.gate.accept(credential, 'rtsp')
      for await (const unit of playing) {
        onUnit(unit)
        if ('lease' in unit) unit.lease?.release()
      }
    })
  }

  /**
   * Sees what a recorder plays, until it ends. @throws LenscapError `timeout` where nothing is recorded for too long
   */
  async #follow(recorder: CameraRecorder, signal: AbortSignal, onUnit: (unit: StreamUnit) => void): Promise<void> {
    const { clock } = this.#deps
    const untilMs = clock.monotonicMs() + RECORDED_MS_MAX
    while (!signal.aborted) {
      if (await follow(recorder, signal, onUnit)) return
      if (clock.monotonicMs() > untilMs) throw new LenscapError('timeout', 'The camera sends no pictures')
      await clock.sleep(LOOK_MS, signal).catch(() => {})
    }
  }
}

/** The best that anybody wants. */
const best = ({ watchers }: Playing): LiveQuality => ([...watchers.values()].includes('one') ? 'one' : 'grid')

/** Begins anew where another quality is wanted than is played. */
function suit(playing: Playing): void {
  if (playing.quality !== undefined && playing.quality !== best(playing)) playing.again()
}

/** Whether what is recorded is what browsers play. */
function canShare(access: LiveAccess): boolean {
  try {
    return access.liveWay('one').isMain
  } catch {
    return false
  }
}

/** Sees what a recorder plays, until it ends. False: there is nothing to see now. */
async function follow(
  recorder: CameraRecorder,
  signal: AbortSignal,
  onUnit: (unit: StreamUnit) => void,
): Promise<boolean> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const onUnitOrEnd = (unit: StreamUnit) => {
    try {
      onUnit(unit)
    } catch (error) {
      // What a live view can't do must not end a recording.
      reject(error)
    }
  }
  using tap = recorder.tap({ onUnit: onUnitOrEnd, onEnd: resolve })
  if (tap === undefined) return false
  const stop = () => resolve()
  signal.addEventListener('abort', stop, { once: true })
  try {
    await promise
  } finally {
    signal.removeEventListener('abort', stop)
  }
  return true
}
