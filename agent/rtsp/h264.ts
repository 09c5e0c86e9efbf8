import type { Clock } from '../base/clock.ts'
import type { AccessUnit } from './access-unit.ts'
import { isSlice, NAL } from './nal.ts'
import type { ParameterSets } from './parameter-sets.ts'
import { parseRtp, type RtpPacket } from './rtp.ts'
import { Timeline } from './timeline.ts'
import { UnitBuffer } from './unit-buffer.ts'

interface DepacketizerOptions {
  readonly payloadType: number
  readonly parameters: ParameterSets
  readonly unitBytesMax: number
  readonly clock: Clock
  readonly onUnit: (unit: AccessUnit) => void
}

/** What was lost on the way, counted since the stream began. */
export interface LossCounts {
  /** Breaks in the RTP sequence, or fragments that don't fit together. */
  gaps: number
  /** Access units dropped: damaged ones, and those that refer to them, up to the next IDR. */
  droppedUnits: number
}

/**
 * Puts access units together from RTP packets (RFC 6184, non-interleaved mode: single NAL units, STAP-A, FU-A). After a
 * gap it drops everything until the next IDR picture, since pictures that refer to a lost one would show smears.
 */
export class H264Depacketizer {
  readonly losses: LossCounts = { gaps: 0, droppedUnits: 0 }
  readonly #options: DepacketizerOptions
  readonly #buffer: UnitBuffer
  #timeline = new Timeline()
  #parameters: ParameterSets
  #sequence: number | undefined
  #ssrc = 0
  #timestamp: number | undefined
  #inFragment = false
  #waitsForIdr = true
  /** Of the unit in progress. */
  #isDamaged = false
  #hasSlice = false
  #isIdr = false

  constructor(options: DepacketizerOptions) {
    this.#options = options
    this.#parameters = options.parameters
    this.#buffer = new UnitBuffer(options.unitBytesMax)
  }

  /** Takes one packet; its bytes may be used again afterwards. @throws LenscapError `limit` for an oversized picture */
  push(bytes: Uint8Array): void {
    const packet = parseRtp(bytes)
    if (packet === undefined || packet.payloadType !== this.#options.payloadType) return
    if (!this.#follows(packet)) return
    if (packet.timestamp !== this.#timestamp) {
      this.#finishUnit()
      this.#timestamp = packet.timestamp
    }
    if (!this.#isDamaged) this.#unpack(packet.payload)
    if (packet.marker && (this.#hasSlice || this.#isDamaged)) this.#finishUnit()
  }

  /** Looks for gaps. False for a packet that came twice. */
  #follows({ sequence, ssrc }: RtpPacket): boolean {
    const expected = this.#sequence === undefined ? sequence : (this.#sequence + 1) & 0xffff
    const restarted = this.#sequence !== undefined && ssrc !== this.#ssrc
    if (sequence === this.#sequence && !restarted) return false
    this.#sequence = sequence
    this.#ssrc = ssrc
    if (restarted || sequence !== expected) this.#damage()
    return true
  }

  /** The unit in progress is lost, and so is what refers to it. */
  #damage(): void {
    if (this.#timestamp !== undefined) this.#isDamaged = true
    this.losses.gaps += 1
    this.#waitsForIdr = true
    this.#inFragment = false
    this.#buffer.discard()
  }

  #unpack(payload: Uint8Array): void {
    const type = (payload[0] ?? 0) & 0x1f
    if (type === NAL.fuA) this.#fragment(payload)
    else if (this.#inFragment) this.#damage()
    else if (type === NAL.stapA) this.#aggregate(payload)
    else if (type > 0 && type < NAL.stapA) this.#whole(payload)
    else if (payload.length > 0) this.#damage()
  }

  /** RFC 6184, 5.7.1. */
  #aggregate(payload: Uint8Array): void {
    for (let at = 1; at + 2 <= payload.length; ) {
      const end = at + 2 + (((payload[at] ?? 0) << 8) | (payload[at + 1] ?? 0))
      if (end > payload.length) {
        this.#damage()
        return
      }
      if (end > at + 2) this.#whole(payload.subarray(at + 2, end))
      at = end
    }
  }

  #whole(nal: Uint8Array): void {
    this.#buffer.openNal()
    this.#buffer.append(nal)
    this.#closeNal()
  }

  /** RFC 6184, 5.8. */
  #fragment(payload: Uint8Array): void {
    const header = payload[1] ?? 0
    const isStart = (header & 0x80) !== 0
    if (isStart === this.#inFragment || payload.length < 2) {
      this.#damage()
      return
    }
    if (isStart) {
      this.#inFragment = true
      this.#buffer.openNal()
      this.#buffer.appendByte(((payload[0] ?? 0) & 0xe0) | (header & 0x1f))
    }
    this.#buffer.append(payload.subarray(2))
    if ((header & 0x40) === 0) return
    this.#inFragment = false
    this.#closeNal()
  }

  #closeNal(): void {
    const nal = this.#buffer.closeNal()
    const type = (nal[0] ?? 0) & 0x1f
    if (type === NAL.sps || type === NAL.pps) {
      // In a file they stand in the sample entry `avc1`, and only there (ISO/IEC 14496-15, 5.3.3).
      this.#parameters = this.#parameters.with(nal)
      this.#buffer.dropNal()
      return
    }
    if (!isSlice(type) || this.#hasSlice) return
    this.#hasSlice = true
    this.#isIdr = type === NAL.idr
    // first_mb_in_slice = 0 is a single 1 bit: without it the picture's beginning is missing (H.264, 7.3.3).
    if (((nal[1] ?? 0) & 0x80) === 0) this.#damage()
  }

  #finishUnit(): void {
    if (this.#inFragment) this.#damage()
    const { clock, onUnit } = this.#options
    const isWhole = this.#hasSlice && !this.#isDamaged
    if (isWhole && this.#isIdr && this.#parameters.complete) this.#waitsForIdr = false
    if (isWhole && !this.#waitsForIdr && this.#timestamp !== undefined) {
      const ticks = this.#timeline.ticks(this.#timestamp, clock.monotonicMs())
      const unit = { keyframe: this.#isIdr, ticks, arrivedAtMs: clock.nowMs(), parameters: this.#parameters }
      onUnit({ data: this.#buffer.take(), ...unit })
    } else {
      if (this.#hasSlice || this.#isDamaged) this.losses.droppedUnits += 1
      this.#buffer.discard()
    }
    this.#isDamaged = false
    this.#hasSlice = false
    this.#isIdr = false
  }
}
