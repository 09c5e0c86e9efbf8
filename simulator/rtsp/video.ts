import type { FaultSwitches } from '../faults/switches.ts'
import { CODECS } from '../imaging/codec.ts'
import { seiOf } from '../imaging/mark.ts'
import type { Showing } from '../imaging/showing.ts'
import type { Video } from '../imaging/video.ts'
import { type Payload, packetize } from './packetize.ts'
import type { RtpSource } from './sender.ts'
import { leavesOutWrongly, payloadsWrongly, showingWrongly, unitsWrongly } from './wrong/pictures.ts'

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
  readonly #faults: FaultSwitches

  constructor(showing: Showing, faults: FaultSwitches) {
    this.#showing = showing
    this.#faults = faults
  }

  dueAt(nowMs: number): number {
    return this.#showing.frameNumberAt(nowMs)
  }

  startAfter(nowMs: number): number {
    const next = this.dueAt(nowMs) + 1
    return this.#faults.isOn('play-mid-gop') ? next : this.#showing.nextKeyframe(next)
  }

  ticksOf(unit: number): number {
    return Math.round((unit * VIDEO_CLOCK_HZ) / this.#showing.video.framesPerSecond)
  }

  /** The picture's units, with its mark before the first slice, where SEI belongs (H.264, 7.4.1.2.3; H.265, 7.4.2.4.4). */
  payloadsOf(unit: number, clockAheadMs: number): readonly Payload[] {
    const faults = this.#faults
    if (leavesOutWrongly(this.#showing, unit, faults)) return []
    const showing = showingWrongly(this.#showing, unit, faults)
    const { codec } = showing.video
    const { nalUnits } = showing.accessUnit(unit)
    const mark = seiOf(showing.markOf(unit, clockAheadMs), codec)
    const marked = nalUnits.toSpliced(nalUnits.findIndex(CODECS[codec].isSlice), 0, mark)
    const payloads = unitsWrongly(marked, codec, faults).flatMap((unit) => packetize(unit, PAYLOAD_BYTES_MAX, codec))
    return payloadsWrongly(payloads, codec, faults)
  }
}

/** The section of a video track (RFC 6184, 8.2.1; RFC 7798, 7.2.1). */
export function describeVideo({ codec, parameterSets, framesPerSecond }: Video): string[] {
  const sets = parameterSets.map((set) => set.toString('base64'))
  const parameters =
    codec === 'h264'
      ? `packetization-mode=1;profile-level-id=${parameterSets[0]?.toString('hex', 1, 4)};sprop-parameter-sets=${sets.join(',')}`
      : `sprop-vps=${sets[0]};sprop-sps=${sets[1]};sprop-pps=${sets[2]}`
  return [
    `m=video 0 RTP/AVP ${VIDEO_PAYLOAD_TYPE}`,
    `a=rtpmap:${VIDEO_PAYLOAD_TYPE} ${codec.toUpperCase()}/${VIDEO_CLOCK_HZ}`,
    `a=fmtp:${VIDEO_PAYLOAD_TYPE} ${parameters}`,
    `a=framerate:${framesPerSecond}`,
  ]
}
