import type { Clock } from '../base/clock.ts'
import type { AccessUnit } from './access-unit.ts'
import { NAL_FORMATS, type NalFormat } from './nal.ts'
import type { ParameterSets } from './parameter-sets.ts'
import type { RtpPacket } from './rtp.ts'
import type { Timeline } from './timeline.ts'
import { UnitBuffer } from './unit-buffer.ts'

interface DepacketizerOptions {
  readonly parameters: ParameterSets
  readonly unitBytesMax: number
  readonly clock: Clock
  /** Of 90 kHz. Only pictures that are given out move it. */
  readonly timeline: Timeline
  readonly onUnit: (unit: AccessUnit) => void
}

/** What was lost on the way, counted since the stream began. */
export interface LossCounts {
  /** Breaks in the RTP sequence, or fragments that don't fit together. */
  gaps: number
  /** Access units dropped: damaged ones, and those that refer to them, up to the next keyframe. */
  droppedUnits: number
}

/**
 * Puts access units together from RTP packets: H.264 (RFC 6184, non-interleaved mode: single NAL units, STAP-A, FU-A) and
 * H.265 (RFC 7798 without DONL: single NAL units, aggregation packets, fragments). After a gap it drops everything until
 * the next keyframe, since pictures that refer to a lost one would show smears.
 */
export class VideoDepacketizer {
  readonly losses: LossCounts = { gaps: 0, droppedUnits: 0 }
  readonly #options: DepacketizerOptions
  readonly #format: NalFormat
  readonly #buffer: UnitBuffer
  #parameters: ParameterSets
  #sequence: number | undefined
  #timestamp: number | undefined
  #inFragment = false
  #waitsForKeyframe = true
  /** Behind a keyframe where decoding began: what leans on pictures before it can't be shown. */
  #isFresh = true
  #trustsMarkers = true
  /** Of the unit in progress. */
  #isDamaged = false
  #hasSlice = false
  #type = 0

  constructor(options: DepacketizerOptions) {
    this.#options = options
    this.#parameters = options.parameters
    this.#format = NAL_FORMATS[options.parameters.codec]
    this.#buffer = new UnitBuffer(options.unitBytesMax)
  }

  /** Takes the next packet; its bytes may be used again afterwards. @throws LenscapError `limit` for an oversized picture */
  push(packet: RtpPacket): void {
    this.#checkSequence(packet.sequence)
    if (packet.timestamp !== this.#timestamp) {
      this.#finishUnit()
      this.#timestamp = packet.timestamp
    }
    if (!this.#isDamaged) this.#unpack(withoutStartCode(packet.payload))
    // A marker in the middle of a NAL unit ends no picture, whatever it says.
    const isEnd = packet.marker && this.#trustsMarkers && !this.#inFragment
    if (isEnd && (this.#hasSlice || this.#isDamaged)) this.#finishUnit()
  }

  #checkSequence(sequence: number): void {
    const isNext = this.#sequence === undefined || sequence === ((this.#sequence + 1) & 0xffff)
    this.#sequence = sequence
    if (!isNext) this.#damage()
  }

  /** The unit in progress is lost, and so is what refers to it. */
  #damage(): void {
    if (this.#timestamp !== undefined) this.#isDamaged = true
    this.losses.gaps += 1
    this.#waitsForKeyframe = true
    this.#inFragment = false
    this.#buffer.discard()
  }

  #unpack(payload: Uint8Array): void {
    if (payload.length < this.#format.headerBytes) return
    const packing = this.#format.packingOf(this.#format.typeOf(payload[0] ?? 0))
    if (packing === 'fragment') {
      this.#fragment(payload)
      return
    }
    // Nothing was lost before it: a camera that never marks the last fragment began another unit.
    if (this.#inFragment) this.#closeFragment()
    if (packing === 'aggregate') this.#aggregate(payload)
    else if (packing === 'whole') this.#whole(payload)
    else this.#damage()
  }

  /** RFC 6184, 5.7.1; RFC 7798, 4.4.2. */
  #aggregate(payload: Uint8Array): void {
    for (let at = this.#format.headerBytes; at + 2 <= payload.length; ) {
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

  /** RFC 6184, 5.8; RFC 7798, 4.4.3. */
  #fragment(payload: Uint8Array): void {
    const { headerBytes } = this.#format
    const header = payload[headerBytes] ?? 0
    const isStart = (header & 0x80) !== 0
    if (isStart && this.#inFragment) this.#closeFragment()
    if ((!isStart && !this.#inFragment) || payload.length <= headerBytes) {
      this.#damage()
      return
    }
    if (isStart) {
      this.#inFragment = true
      this.#buffer.openNal()
      for (const byte of this.#format.headerOf(payload, header)) this.#buffer.appendByte(byte)
    }
    this.#buffer.append(payload.subarray(headerBytes + 1))
    if ((header & 0x40) !== 0) this.#closeFragment()
  }

  #closeFragment(): void {
    this.#inFragment = false
    this.#closeNal()
  }

  #closeNal(): void {
    const nal = this.#buffer.closeNal()
    const type = this.#format.typeOf(nal[0] ?? 0)
    if (this.#format.isParameterSet(type)) {
      // In a file they stand in the sample entry `avc1` or `hvc1`, and only there (ISO/IEC 14496-15, 5.3.3 and 8.3.2).
      this.#parameters = this.#parameters.with(nal)
      this.#buffer.dropNal()
      return
    }
    if (!this.#format.isSlice(type) || this.#hasSlice) return
    this.#hasSlice = true
    this.#type = type
    // A single 1 bit: first_mb_in_slice = 0 (H.264, 7.3.3), first_slice_segment_in_pic_flag (H.265, 7.3.6.1).
    if (((nal[this.#format.headerBytes] ?? 0) & 0x80) !== 0) return
    // The picture's beginning is missing: lost, or cut off by a marker that ended no picture.
    this.#trustsMarkers = false
    this.#damage()
  }

  #finishUnit(): void {
    if (this.#inFragment) this.#closeFragment()
    const isWhole = this.#hasSlice && !this.#isDamaged
    const keyframe = isWhole && this.#format.isKeyframe(this.#type)
    if (keyframe && this.#parameters.complete) {
      if (this.#waitsForKeyframe) this.#isFresh = true
      else this.#isFresh = false
      this.#waitsForKeyframe = false
    }
    const leansBack = this.#format.leansBack(this.#type)
    const isShown = isWhole && !this.#waitsForKeyframe && !(leansBack && this.#isFresh)
    if (isShown && this.#timestamp !== undefined) this.#give(keyframe, leansBack, this.#timestamp)
    else {
      if (this.#hasSlice || this.#isDamaged) this.losses.droppedUnits += 1
      this.#buffer.discard()
    }
    this.#isDamaged = false
    this.#hasSlice = false
    this.#type = 0
  }

  #give(keyframe: boolean, leansBack: boolean, timestamp: number): void {
    const { clock, timeline, onUnit } = this.#options
    const ticks = timeline.ticks(timestamp, clock.monotonicMs())
    const unit = { keyframe, ticks, arrivedAtMs: clock.nowMs(), parameters: this.#parameters }
    onUnit({ ...this.#buffer.take(), ...unit, ...(leansBack ? { leansBack } : {}) })
  }
}

/** Some cameras leave Annex B's start code before a NAL unit; no unit begins with two zero bytes. */
function withoutStartCode(payload: Uint8Array): Uint8Array {
  if (payload[0] !== 0 || payload[1] !== 0) return payload
  if (payload[2] === 1) return payload.subarray(3)
  return payload[2] === 0 && payload[3] === 1 ? payload.subarray(4) : payload
}
