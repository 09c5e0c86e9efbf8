import { type SoundUnit, TICKS_PER_SECOND } from '../rtsp/access-unit.ts'
import type { SoundFormat } from '../rtsp/sound-format.ts'
import { blocksOf, flacFrame } from './flac.ts'
import { decodeG711 } from './g711.ts'
import { type Run, type Sample, SOUND_TRACK } from './mp4.ts'

/** Less than this is the clocks' jitter: sound stays whole, sample after sample. */
const SLIP_S_MAX = 0.06
const FLAC_SAMPLES_MIN = 16

/** Lays a clip's sound out on the pictures' clock: AAC as it came, G.711 as FLAC. */
export class SoundLane {
  readonly format: SoundFormat
  readonly #originTicks: number
  /** Where the next sample belongs, in samples since the clip's beginning. */
  #next: number | undefined
  #pcm: { readonly from: number; readonly parts: Uint8Array[]; samples: number } | undefined
  #from = 0
  #samples: Sample[] = []

  /** @param originTicks the clip's beginning, on the pictures' clock */
  constructor(format: SoundFormat, originTicks: number) {
    this.format = format
    this.#originTicks = originTicks
  }

  /** The next units as samples of a fragment; undefined where nothing is ready. */
  lay(units: readonly SoundUnit[]): Run | undefined {
    for (const unit of units) this.#place(unit)
    this.#encode()
    if (this.#samples.length === 0) return undefined
    const run: Run = { track: SOUND_TRACK, decodeTicks: this.#from, samples: this.#samples }
    this.#samples = []
    return run
  }

  #place(unit: SoundUnit): void {
    const { format, samples, data } = unit
    const at = Math.round(((unit.ticks - this.#originTicks) * format.sampleRateHz) / TICKS_PER_SECOND)
    const next = this.#next ?? at
    const slip = at - next
    const slipMax = SLIP_S_MAX * format.sampleRateHz
    // From before the clip; or of a moment that was heard already, since the camera set its clock.
    if ((this.#next === undefined && at < 0) || slip < -slipMax || format.codec !== this.format.codec) return
    const from = slip > slipMax ? at : next
    if (from > next) this.#leaveGap(from - next)
    this.#next = from + samples
    if (format.codec === 'aac') this.#push({ data, duration: samples }, from)
    else {
      this.#pcm ??= { from, parts: [], samples: 0 }
      this.#pcm.parts.push(data)
      this.#pcm.samples += samples
    }
  }

  /** The sample before it lasts longer: nothing else can stand between two samples of a fragment. */
  #leaveGap(samples: number): void {
    this.#encode()
    this.#pcm = undefined
    const last = this.#samples.pop()
    if (last) this.#samples.push({ ...last, duration: last.duration + samples })
  }

  /** What has gathered of G.711, but for a rest that is too short for a frame. */
  #encode(): void {
    const pcm = this.#pcm
    const { format } = this
    if (pcm === undefined || format.codec === 'aac' || pcm.samples < FLAC_SAMPLES_MIN) return
    this.#pcm = undefined
    let from = pcm.from
    for (const block of blocksOf(decodeG711(Buffer.concat(pcm.parts), format.codec))) {
      this.#push({ data: flacFrame(block, format.sampleRateHz, from), duration: block.length }, from)
      from += block.length
    }
  }

  #push(sample: Pick<Sample, 'data' | 'duration'>, from: number): void {
    if (this.#samples.length === 0) this.#from = from
    this.#samples.push({ ...sample, keyframe: true, compositionOffset: 0 })
  }
}
