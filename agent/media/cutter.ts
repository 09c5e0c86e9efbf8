import { Bell } from '../base/bell.ts'
import type { Clock } from '../base/clock.ts'
import type { Id } from '../protocol/envelope.ts'
import { type AccessUnit, isSound, type SoundUnit, type StreamUnit, TICKS_PER_SECOND } from '../rtsp/access-unit.ts'
import { Clip } from './clip.ts'
import type { Gop } from './gop.ts'
import { Ring } from './ring.ts'

export interface ClipSettings {
  /** How much before the trigger is shown, at least; a clip starts at the keyframe before that. */
  readonly preRollMs: number
  /** How long after the last trigger. */
  readonly postRollMs: number
  /** A longer event makes several clips, cut at a keyframe, without a gap. */
  readonly clipMsMax: number
  readonly clipBytesMax: number
  readonly ringBytesMax: number
}

export const CLIP_SETTINGS: ClipSettings = {
  preRollMs: 10_000,
  postRollMs: 5_000,
  clipMsMax: 60_000,
  clipBytesMax: 128 * 1024 * 1024,
  ringBytesMax: 32 * 1024 * 1024,
}

interface CutterOptions {
  readonly folder: string
  readonly camera: Id
  readonly settings: ClipSettings
  readonly clock: Clock
  /** Gets each clip when its last picture is in. */
  readonly onCut: (clip: Clip) => void
  /** Not one picture came for an event, not even within the five seconds that a stream is given to begin. */
  readonly onMissed: () => void
}

/** A stream that was asked for a moment ago has its first picture within this, or something is wrong with it. */
const FIRST_PICTURE_MS = 5_000

/** An event that is being recorded: until when, by the monotonic clock. */
interface Event {
  readonly reason: string
  /** Rung when `endMs` came nearer, or the event is dropped. */
  readonly bell: Bell
  endMs: number
  hasClip: boolean
}

/** Cuts one camera's pictures into clips. Knows no network and no permission. */
export class ClipCutter {
  readonly #options: CutterOptions
  readonly #ring: Ring
  #event: Event | undefined
  #clip: Clip | undefined
  /** The last picture that is in a clip already; pre-roll does not go back behind its GOP. */
  #cutTicks = Number.NEGATIVE_INFINITY

  constructor(options: CutterOptions) {
    const { preRollMs, ringBytesMax } = options.settings
    this.#options = options
    this.#ring = new Ring({ preRollMs, bytesMax: ringBytesMax })
  }

  /** The newest keyframe and what came since: to be looked at now, its memory is used again. */
  get newest(): readonly AccessUnit[] {
    return this.#ring.gops.at(-1)?.units ?? []
  }

  /** @param atMs UTC milliseconds; what is older than the pre-roll counts as that old, what is to come as now */
  trigger(reason: string, atMs: number): void {
    const { clock, settings } = this.#options
    const ageMs = Math.min(settings.preRollMs, Math.max(0, clock.nowMs() - atMs))
    const endMs = clock.monotonicMs() - ageMs + settings.postRollMs
    if (this.#event) {
      // One that waits for its first picture gets its whole post-roll from there.
      if (this.#event.hasClip) this.#event.endMs = Math.max(this.#event.endMs, endMs)
      return
    }
    const event: Event = { reason, endMs, hasClip: false, bell: new Bell(clock) }
    this.#event = event
    this.#begin(event, ageMs + settings.preRollMs)
    if (!event.hasClip) event.endMs = clock.monotonicMs() + FIRST_PICTURE_MS
    void this.#endInTime(event)
  }

  take(unit: StreamUnit): void {
    if (isSound(unit)) this.#takeSound(unit)
    else this.#takePicture(unit)
  }

  #takeSound(unit: SoundUnit): void {
    const previous = this.#ring.gops.at(-1)
    previous?.hold()
    this.#ring.addSound(unit)
    // As for pictures: what outgrew the ring is let go there, and the clip keeps what came of it.
    if (this.#clip && previous && this.#ring.gops.length === 0) this.#cut(previous)
    previous?.letGo()
  }

  #takePicture(unit: AccessUnit): void {
    const previous = this.#ring.gops.at(-1)
    previous?.hold()
    this.#ring.add(unit)
    const newest = this.#ring.gops.at(-1)
    if (this.#clip && previous) this.#extend(this.#clip, previous, newest, unit)
    previous?.letGo()
    const event = this.#event
    if (!unit.keyframe || !newest || !event || this.#clip) return
    if (!event.hasClip) {
      event.endMs = this.#options.clock.monotonicMs() + this.#options.settings.postRollMs
      event.bell.ring()
    }
    this.#start(newest, event)
  }

  /** The stream ended: what comes next has another timeline. A clip in progress ends with what it has. */
  breakOff(): void {
    this.#cut(this.#ring.gops.at(-1))
    this.#ring.clear()
    this.#cutTicks = Number.NEGATIVE_INFINITY
  }

  /** Forgets everything and removes the clip in progress, at once; the promise tells when the disk is quiet, too. */
  drop(): Promise<void> {
    const clip = this.#clip
    this.#event?.bell.ring()
    this.#event = undefined
    this.#clip = undefined
    this.#ring.clear()
    return clip?.discard() ?? Promise.resolve()
  }

  #extend(clip: Clip, previous: Gop, newest: Gop | undefined, unit: AccessUnit): void {
    if (newest === undefined) {
      // A GOP that outgrew the ring is let go there: the clip keeps what came of it.
      this.#cut(previous)
      return
    }
    if (newest !== previous) {
      clip.add(previous, unit.ticks)
      this.#ring.forget(previous)
      if (newest.parameters !== clip.first.parameters) {
        this.#cut()
        return
      }
    }
    if (this.#isFull(clip, newest, unit)) {
      this.#cut(clip.isEmpty ? newest : undefined)
      if (this.#event && newest.ticks > this.#cutTicks) this.#start(newest, this.#event)
    }
  }

  #isFull(clip: Clip, newest: Gop, unit: AccessUnit): boolean {
    const { clipMsMax, clipBytesMax } = this.#options.settings
    return unit.ticks - clip.first.ticks >= toTicks(clipMsMax) || clip.bytes + newest.bytes > clipBytesMax
  }

  /** Starts a clip with what the ring has of the time before. */
  #begin(event: Event, backMs: number): void {
    const gops = this.#ring.gops
    const newest = gops.at(-1)
    if (newest === undefined) return
    const from = Math.max(this.#ring.newestTicks - toTicks(backMs), this.#cutTicks)
    const usable = gops.slice(gops.findLastIndex(({ parameters }) => parameters !== newest.parameters) + 1)
    const chosen = usable.slice(
      Math.max(
        0,
        usable.findLastIndex(({ ticks }) => ticks <= from),
      ),
    )
    for (const [i, gop] of chosen.entries()) {
      if (i === 0) this.#start(gop, event)
      const next = chosen[i + 1]
      if (next) {
        this.#clip?.add(gop, next.ticks)
        this.#ring.forget(gop)
      }
    }
  }

  #start(first: Gop, event: Event): void {
    const { folder, camera } = this.#options
    event.hasClip = true
    this.#clip = new Clip({ folder, camera, first, reason: event.reason })
  }

  /** Ends the clip in progress, with what there is of the GOP that is still growing. */
  #cut(growing?: Gop): void {
    const clip = this.#clip
    if (clip === undefined) return
    this.#clip = undefined
    if (growing) {
      clip.add(growing)
      this.#cutTicks = this.#ring.newestTicks
    }
    this.#options.onCut(clip)
  }

  async #endInTime(event: Event): Promise<void> {
    const { clock } = this.#options
    for (let leftMs = event.endMs - clock.monotonicMs(); leftMs > 0; leftMs = event.endMs - clock.monotonicMs()) {
      await event.bell.wait(leftMs)
      if (this.#event !== event) return
    }
    this.#event = undefined
    if (!event.hasClip) this.#options.onMissed()
    this.#cut(this.#ring.gops.at(-1))
  }
}

const toTicks = (ms: number): number => (ms * TICKS_PER_SECOND) / 1000
