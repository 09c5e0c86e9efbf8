import type { Clock } from '../base/clock.ts'
import { type StreamUnit, TICKS_PER_SECOND } from './access-unit.ts'
import { ParameterSets } from './parameter-sets.ts'
import { Reception } from './reception.ts'
import { ReorderBuffer } from './reorder-buffer.ts'
import { formatReceiverReport, parseRtcp, type SenderReport } from './rtcp.ts'
import { parseRtp, type RtpPacket } from './rtp.ts'
import type { SoundMedia, VideoTrack } from './sdp.ts'
import { soundDepacketizer } from './sound-depacketizer.ts'
import { Synchronizer, TrackClock } from './track-clock.ts'
import { type LossCounts, VideoDepacketizer } from './video-depacketizer.ts'

interface IncomingOptions {
  readonly video: VideoTrack
  readonly unitBytesMax: number
  readonly clock: Clock
  readonly onUnit: (unit: StreamUnit) => void
}

/** What comes in of one track. */
export interface IncomingTrack {
  /** One RTP packet; its bytes may be used again afterwards. @throws LenscapError `limit` for an oversized picture */
  rtp(bytes: Uint8Array): void
  /** One compound RTCP packet. Returns whether the camera says that nothing more comes. */
  rtcp(bytes: Uint8Array): boolean
  /** `rtptime` of RTP-Info. */
  begin(rtp: number): void
  /** A report to the camera of how its packets come in; undefined before the first. */
  report(ssrc: number): Buffer | undefined
}

/** Puts the units of a stream's tracks together from their packets, on one clock. */
export class Incoming {
  readonly video: IncomingTrack
  readonly losses: Readonly<LossCounts>
  readonly #options: IncomingOptions
  readonly #videoClock = new TrackClock(TICKS_PER_SECOND)

  constructor(options: IncomingOptions) {
    const { video, unitBytesMax, clock, onUnit } = options
    this.#options = options
    const depacketizer = new VideoDepacketizer({
      parameters: ParameterSets.from(video.parameterSets, video.codec),
      unitBytesMax,
      clock,
      timeline: this.#videoClock.timeline,
      onUnit,
    })
    this.losses = depacketizer.losses
    this.video = track(video.payloadType, this.#videoClock, clock, (packet) => depacketizer.push(packet))
  }

  /** Adds a track of sound. It is heard from the first picture on. */
  addSound({ payloadType, track: format }: SoundMedia): IncomingTrack {
    const { clock, onUnit } = this.#options
    const soundClock = new TrackClock(format.sampleRateHz)
    const synchronizer = new Synchronizer(this.#videoClock, soundClock)
    const unpack = soundDepacketizer(format)
    return track(payloadType, soundClock, clock, (packet) => {
      if (!this.#videoClock.timeline.hasBegun) return
      const nowMs = clock.monotonicMs()
      for (const { data, samples, timestamp } of unpack(packet)) {
        const ticks = synchronizer.toVideo(soundClock.ticks(timestamp, nowMs), nowMs)
        onUnit({ data, samples, ticks, format })
      }
    })
  }
}

function track(
  payloadType: number,
  trackClock: TrackClock,
  clock: Clock,
  take: (packet: RtpPacket) => void,
): IncomingTrack {
  const ordered = new ReorderBuffer(take)
  const reception = new Reception(trackClock.hz)
  let reported: { readonly report: SenderReport; readonly atMs: number } | undefined
  return {
    rtp(bytes) {
      const packet = parseRtp(bytes)
      if (packet === undefined || packet.payloadType !== payloadType) return
      const nowMs = clock.monotonicMs()
      reception.note(packet, nowMs)
      ordered.push(packet, nowMs)
    },
    rtcp(bytes) {
      const { report, goodbye } = parseRtcp(bytes)
      if (report) {
        reported = { report, atMs: clock.monotonicMs() }
        trackClock.report(report)
      }
      return goodbye
    },
    begin: (rtp) => trackClock.begin(rtp),
    report(ssrc) {
      const last = reported && {
        ntpMiddle: reported.report.ntpMiddle,
        agoMs: clock.monotonicMs() - reported.atMs,
      }
      const block = reception.block(last)
      return block && formatReceiverReport(ssrc, block)
    },
  }
}
