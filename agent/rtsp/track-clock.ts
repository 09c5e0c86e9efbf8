import type { SenderReport } from './rtcp.ts'
import { Timeline } from './timeline.ts'

/** A moment that several tracks share: by the camera's clock, or by when its RTP-Info says that all begin. */
interface Mark {
  readonly clockMs: number
  readonly ticks: number
}

/** One track's time: its ticks since it began, and what the camera says of them. */
export class TrackClock {
  readonly hz: number
  readonly timeline: Timeline
  #waiting: SenderReport | undefined
  #reported: Mark | undefined
  #beginning: number | undefined
  #begun: Mark | undefined

  constructor(hz: number) {
    this.hz = hz
    this.timeline = new Timeline(hz)
  }

  /** `rtptime` of RTP-Info (RFC 2326, 12.33): where this track is when all begin. */
  begin(rtp: number): void {
    this.#beginning = rtp
  }

  report(report: SenderReport): void {
    this.#waiting = report
    this.#settle()
  }

  ticks(rtp: number, nowMs: number): number {
    const ticks = this.timeline.ticks(rtp, nowMs)
    this.#settle()
    return ticks
  }

  /** What is shared with the other: reports of both, or beginnings of both until there are such. */
  markBeside(other: TrackClock): { readonly own: Mark; readonly other: Mark } | undefined {
    this.#settle()
    other.#settle()
    if (this.#reported && other.#reported) return { own: this.#reported, other: other.#reported }
    return this.#begun && other.#begun ? { own: this.#begun, other: other.#begun } : undefined
  }

  /** A time that the camera told can be placed once the track has begun. */
  #settle(): void {
    if (!this.timeline.hasBegun) return
    if (this.#beginning !== undefined) {
      const ticks = this.timeline.near(this.#beginning)
      this.#begun = ticks === undefined ? undefined : { clockMs: 0, ticks }
      this.#beginning = undefined
    }
    if (this.#waiting === undefined) return
    const ticks = this.timeline.near(this.#waiting.rtp)
    if (ticks !== undefined) this.#reported = { clockMs: this.#waiting.clockMs, ticks }
    this.#waiting = undefined
  }
}

/** Further apart than this from how packets come, what the camera says of its tracks is not believed. */
const APART_MS_MAX = 3000

/** Sound's time on the picture's clock: by the camera's reports, its RTP-Info, or how packets come. */
export class Synchronizer {
  readonly #video: TrackClock
  readonly #sound: TrackClock
  /** The picture's ticks where the sound's are 0. */
  #offset: number | undefined
  #toldBy: unknown

  constructor(video: TrackClock, sound: TrackClock) {
    this.#video = video
    this.#sound = sound
  }

  /** @param ticks of the sound's clock, newest; both tracks must have begun */
  toVideo(ticks: number, nowMs: number): number {
    const { hz } = this.#video
    const scaled = (ticks * hz) / this.#sound.hz
    const arrived = this.#video.timeline.byArrival(nowMs) - scaled
    const marks = this.#sound.markBeside(this.#video)
    if (marks && marks.own !== this.#toldBy) {
      this.#toldBy = marks.own
      const apart = ((marks.own.clockMs - marks.other.clockMs) * hz) / 1000
      const told = marks.other.ticks + apart - (marks.own.ticks * hz) / this.#sound.hz
      if (Math.abs(told - arrived) <= (APART_MS_MAX * hz) / 1000) this.#offset = told
    }
    const offset = this.#offset
    const isLost = offset === undefined || Math.abs(offset - arrived) > (APART_MS_MAX * hz) / 1000
    if (isLost) this.#offset = arrived
    return scaled + (this.#offset ?? arrived)
  }
}
