import { isSlice } from '../imaging/annexb.ts'
import { seiOf } from '../imaging/mark.ts'
import type { Showing } from '../imaging/showing.ts'
import type { Video } from '../imaging/video.ts'
import { type Payload, packetize } from './packetize.ts'
import type { RtpSource } from './sender.ts'

const VIDEO_CLOCK_HZ = 90_000
const VIDEO_PAYLOAD_TYPE = 96

/** With all headers, a packet of this many bytes still fits an Ethernet frame. */
const PAYLOAD_BYTES_MAX = 1400

/** What a video source shows, a unit being an access unit, from keyframe on. */
export class VideoSource implements RtpSource {
  readonly payloadType = VIDEO_PAYLOAD_TYPE
  readonly clockHz = VIDEO_CLOCK_HZ
  /** RFC 6184, 5.1. */
  readonly marksEnd = true
  readonly #showing: Showing

  constructor(showing: Showing) {
    this.#showing = showing
  }

  dueAt(nowMs: number): number {
    return this.#showing.frameNumberAt(nowMs)
  }

  startAfter(nowMs: number): number {
    return this.#showing.nextKeyframe(this.dueAt(nowMs) + 1)
  }

  ticksOf(unit: number): number {
    return Math.round((unit * VIDEO_CLOCK_HZ) / this.#showing.video.framesPerSecond)
  }

  /** The picture's units, with its mark before the first slice, where SEI belongs (H.264, 7.4.1.2.3). */
  payloadsOf(unit: number, clockAheadMs: number): Payload[] {
    const { nalUnits } = this.#showing.accessUnit(unit)
    const mark = seiOf(this.#showing.markOf(unit, clockAheadMs), 'h264')
    return nalUnits
      .toSpliced(nalUnits.findIndex(isSlice), 0, mark)
      .flatMap((nalUnit) => packetize(nalUnit, PAYLOAD_BYTES_MAX))
  }
}

/** The section of an H.264 track (RFC 6184, 8.2.1). */
export function describeVideo(video: Video): string[] {
  const [sps] = video.parameterSets
  const sets = video.parameterSets.map((set) => set.toString('base64')).join(',')
  return [
    `m=video 0 RTP/AVP ${VIDEO_PAYLOAD_TYPE}`,
    `a=rtpmap:${VIDEO_PAYLOAD_TYPE} H264/${VIDEO_CLOCK_HZ}`,
    `a=fmtp:${VIDEO_PAYLOAD_TYPE} packetization-mode=1;profile-level-id=${sps?.toString('hex', 1, 4)};sprop-parameter-sets=${sets}`,
    `a=framerate:${video.framesPerSecond}`,
  ]
}
