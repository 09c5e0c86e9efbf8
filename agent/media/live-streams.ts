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

const RECONNECT: RetryPolicy = { firstDelayMs: 500, delayMsMax: 10_000, steadyAfterMs: 10_000 }

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

interface Playing {
  readonly watchers: Set<LiveWatcher>
  readonly stop: LinkedController
  readonly ended: Promise<void>
}

/** Streams that are being watched: each camera's stream is played once, however many watch it, and only while somebody does. */
export class LiveStreams {
  readonly #deps: LiveStreamsDeps
  readonly #playing = new Map<string, Playing>()
  readonly #work = new Set<Promise<void>>()

  constructor(deps: LiveStreamsDeps) {
    this.#deps = deps
  }

  /**
   * Shows a stream from its next keyframe on, until what it returns is disposed of, or the grant ends.
   * @throws LenscapError `refused` unless the grant stands and is for live view of this camera, or where the camera refuses
   * what it would be asked with; `unsupported` where the camera has no stream that browsers play
   */
  watch(grant: Grant, access: LiveAccess, quality: LiveQuality, watcher: LiveWatcher): Disposable {
    demandGrant(grant, access.camera, 'live')
    const { token } = access.liveWay(quality)
    const key = `${access.camera}/${token}`
    const held = this.#playing.get(key)
    const playing = held && !held.stop.signal.aborted ? held : this.#play(grant, access, quality, key)
    playing.watchers.add(watcher)
    return {
      [Symbol.dispose]: () => {
        playing.watchers.delete(watcher)
        if (playing.watchers.size === 0) playing.stop.abort()
      },
    }
  }

  /** How many streams are being played. */
  get size(): number {
    return this.#playing.size
  }

  /** Resolves when everything that ran has ended; the signal must have fired. */
  async ended(): Promise<void> {
    await Promise.all(this.#work)
  }

  #play(grant: Grant, access: LiveAccess, quality: LiveQuality, key: string): Playing {
    const stop = new LinkedController(this.#deps.signal, grant.signal)
    const watchers = new Set<LiveWatcher>()
    // What watches is added first.
    const ended = Promise.resolve()
      .then(() => this.#run(grant, access, quality, { stop, watchers }))
      .finally(() => {
        stop[Symbol.dispose]()
        stop.abort()
        if (this.#playing.get(key) === playing) this.#playing.delete(key)
        this.#work.delete(ended)
      })
    const playing = { watchers, stop, ended }
    this.#playing.set(key, playing)
    this.#work.add(ended)
    return playing
  }

  /** One loop that plays it again. Never throws. */
  async #run(grant: Grant, access: LiveAccess, quality: LiveQuality, { stop, watchers }: Omit<Playing, 'ended'>) {
    const { clock, random, reconnect = RECONNECT } = this.#deps
    const { signal } = stop
    const tell = (error: unknown, final: boolean) => {
      this.#deps.onTrouble(grant, access, error)
      for (const watcher of [...watchers]) watcher.onTrouble(error, final)
    }
    const attempt = async () => {
      try {
        const fragments = new LiveFragments()
        const onUnit = (unit: StreamUnit) => {
          for (const piece of fragments.take(unit)) for (const watcher of watchers) watcher.onPiece(piece)
        }
        await this.#once(grant, access, quality, signal, onUnit)
      } catch (error) {
        const isHopeless = ['refused', 'unsupported'].includes(errorKind(error))
        if (!isHopeless || signal.aborted) throw error
        tell(error, true)
        stop.abort()
      }
    }
    const onError = (error: unknown) => tell(error, false)
    await keepRunning(attempt, reconnect, { clock, random, signal, onError })
  }

  /** The stream's life from dialling to its end, or as long as somebody else plays it. */
  async #once(
    grant: Grant,
    access: LiveAccess,
    quality: LiveQuality,
    signal: AbortSignal,
    onUnit: (unit: StreamUnit) => void,
  ): Promise<void> {
    const { clock, streamLimits: limits = {}, stream = {}, recorderOf, refuses } = this.#deps
    grant.check()
    const way = access.liveWay(quality)
    if (way.isMain && (await follow(recorderOf(access.camera), signal, onUnit))) return
    if (refuses(grant, access))
      throw new LenscapError('refused', 'The camera refused this user and password before', REJECTED)
    const uri = onOwnAddress(await way.uri(signal), access.address)
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
}

/** Sees what a recorder plays, until it ends. False: there is nothing to see. */
async function follow(
  recorder: CameraRecorder | undefined,
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
  using tap = recorder?.tap({ onUnit: onUnitOrEnd, onEnd: resolve })
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
