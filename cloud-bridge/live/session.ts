import { newId } from '../../agent/base/ids.ts'
import type { Reply } from '../../agent/protocol/bridge.ts'
import type { Id } from '../../agent/protocol/envelope.ts'
import { LIVE_LEASE_MS, type LiveQuality, type LiveSaid } from '../../agent/protocol/live.ts'
import type { Device } from '../devices/devices.ts'
import { Cache, type Out } from './cache.ts'
import { type BoxSocket, Intake, type IntakeDeps } from './intake.ts'
import type { LiveNews, LiveReason } from './news.ts'
import type { Viewer } from './viewer.ts'

const CACHE_BYTES_MAX = 12 * 1024 * 1024
const RENEW_MS = 5000
/** A box that was asked comes within this, or something is wrong there. */
const SILENT_MS = 10_000
/** A picture that belongs to the first keyframe comes within this. */
const ASK_AGAIN_MS = 1000

/** What is watched. */
export interface Watched {
  readonly account: Id
  readonly agent: Id
  readonly camera: Id
  readonly quality: LiveQuality
}

export interface SessionDeps extends IntakeDeps {
  /** Sends the box a command; undefined: it is not there. */
  readonly ask: (watched: Watched, session: Id, leaseMs: number) => boolean
  readonly onEmpty: () => void
}

/** Reasons after which asking again is useless until somebody does something. */
const FINAL: readonly (LiveReason | undefined)[] = ['no-consent', 'unsupported']

/** One camera in one quality, and all who watch it. */
export class LiveSession {
  readonly id = newId()
  readonly watched: Watched
  readonly #deps: SessionDeps
  readonly #viewers = new Set<Viewer>()
  readonly #cache = new Cache(CACHE_BYTES_MAX)
  #intake: Intake | undefined
  #news: LiveNews = { state: 'asking', reason: null, message: '', sealed: false }
  #askedMs = Number.NEGATIVE_INFINITY
  #sinceMs: number
  #isOver = false

  constructor(watched: Watched, deps: SessionDeps) {
    this.watched = watched
    this.#deps = deps
    this.#sinceMs = deps.clock.monotonicMs()
  }

  get viewers(): ReadonlySet<Viewer> {
    return this.#viewers
  }

  get isOver(): boolean {
    return this.#isOver
  }

  add(viewer: Viewer): void {
    this.#viewers.add(viewer)
    if (this.#viewers.size === 1) this.#ask()
    viewer.tell(this.#news)
    viewer.begin(this.#cache.entries)
  }

  remove(viewer: Viewer): void {
    this.#viewers.delete(viewer)
    if (this.#viewers.size === 0 && !this.#isOver) this.#deps.onEmpty()
  }

  /** The box comes, as it was asked. The newest connection counts. */
  connect(device: Device, socket: BoxSocket): void {
    this.#intake?.end(false)
    const intake: Intake = new Intake(
      {
        device,
        session: this.id,
        camera: this.watched.camera,
        socket,
        onPart: (sealed) => this.#tell({ ...this.#news, sealed }),
        onOut: (out) => this.#pass(out),
        onSaid: (said) => this.#hear(said),
        onEnd: (notAllowed) => this.#lost(intake, notAllowed),
      },
      this.#deps,
    )
    this.#intake = intake
    this.#tell({ ...this.#news, state: 'waiting', reason: null, message: '' })
  }

  /** What the box answered to being asked. */
  replied({ ok, message, reason }: Pick<Reply, 'ok' | 'message' | 'reason'>): void {
    if (ok || this.#isOver) return
    if (FINAL.includes(reason)) this.end(reason ?? 'bridge', message)
    else if (this.#intake === undefined) this.#trouble(reason ?? 'bridge', message)
  }

  /** Once a second. */
  async tick(): Promise<void> {
    const nowMs = this.#deps.clock.monotonicMs()
    if (this.#isOver || this.#viewers.size === 0) return
    const everyMs = this.#intake === undefined && nowMs - this.#sinceMs < RENEW_MS ? ASK_AGAIN_MS : RENEW_MS
    if (nowMs - this.#askedMs >= everyMs) this.#ask()
    const isSilent = this.#intake === undefined && this.#news.state === 'asking' && nowMs - this.#sinceMs >= SILENT_MS
    if (isSilent) this.#trouble('silent', '')
    await this.#intake?.check()
  }

  /** Ends what the owner no longer allows. */
  async check(): Promise<void> {
    await this.#intake?.check()
  }

  /** Ends it for all who watch, and for the box. */
  end(reason: LiveReason, message = ''): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#deps.ask(this.watched, this.id, 0)
    this.#intake?.end(false)
    const news: LiveNews = { state: 'over', reason, message, sealed: this.#news.sealed }
    for (const viewer of this.#viewers) viewer.end(news)
    this.#viewers.clear()
    this.#cache.clear()
    this.#deps.onEmpty()
  }

  #ask(): void {
    this.#askedMs = this.#deps.clock.monotonicMs()
    if (!this.#deps.ask(this.watched, this.id, LIVE_LEASE_MS)) {
      if (this.#intake === undefined) this.#trouble('offline', '')
    } else if (this.#news.reason === 'offline') {
      this.#sinceMs = this.#askedMs
      this.#tell({ ...this.#news, state: 'asking', reason: null })
    }
  }

  #lost(intake: Intake, notAllowed: boolean): void {
    if (this.#intake !== intake) return
    this.#intake = undefined
    if (this.#isOver) return
    if (notAllowed) {
      this.end('no-consent')
      return
    }
    this.#cache.clear()
    this.#sinceMs = this.#deps.clock.monotonicMs()
    for (const viewer of this.#viewers) viewer.breakOff()
    if (this.#news.state !== 'trouble') this.#tell({ ...this.#news, state: 'asking', reason: null, message: '' })
  }

  #hear(said: LiveSaid): void {
    if (said.type !== 'trouble') return
    if (FINAL.includes(said.reason)) this.end(said.reason, said.message)
    else this.#trouble(said.reason, said.message)
  }

  #pass(out: Out): void {
    this.#cache.add(out)
    if (out.type === 'key' && this.#news.state !== 'live') {
      this.#tell({ ...this.#news, state: 'live', reason: null, message: '' })
    }
    for (const viewer of this.#viewers) viewer.take(out, this.#cache.entries)
  }

  #trouble(reason: LiveReason, message: string): void {
    this.#tell({ ...this.#news, state: 'trouble', reason, message })
  }

  #tell(news: LiveNews): void {
    this.#news = news
    for (const viewer of this.#viewers) viewer.tell(news)
  }
}
