import type { AccessUnit, SoundUnit } from '../rtsp/access-unit.ts'
import type { ParameterSets } from '../rtsp/parameter-sets.ts'
import type { Sample } from './mp4.ts'

// What the last picture of all lasts, where nothing tells: a 25th of a second.
const LAST_TICKS = 3600

/** A keyframe and the pictures up to the next, with the sound that came in between. Grows while it is the newest. */
export class Gop {
  readonly units: AccessUnit[]
  readonly sound: SoundUnit[]
  readonly parameters: ParameterSets
  #bytes: number
  #holders = 0

  /** @param early sound that came before the keyframe, but is heard with it */
  constructor(keyframe: AccessUnit, early: readonly SoundUnit[] = []) {
    this.units = [keyframe]
    this.sound = [...early]
    this.parameters = keyframe.parameters
    this.#bytes = early.reduce((sum, { data }) => sum + data.length, keyframe.data.length)
  }

  get bytes(): number {
    return this.#bytes
  }

  get ticks(): number {
    return this.units[0]?.ticks ?? 0
  }

  get arrivedAtMs(): number {
    return this.units[0]?.arrivedAtMs ?? 0
  }

  add(unit: AccessUnit): void {
    this.units.push(unit)
    this.#bytes += unit.data.length
  }

  addSound(unit: SoundUnit): void {
    this.sound.push(unit)
    this.#bytes += unit.data.length
  }

  /** Its pictures are needed until `letGo`. Throws RangeError where their memory may already be used again. */
  hold(): void {
    if (this.#holders < 0) throw new RangeError('A GOP was taken up after it was let go')
    this.#holders += 1
  }

  letGo(): void {
    this.#holders -= 1
    if (this.#holders !== 0) return
    this.#holders = Number.NEGATIVE_INFINITY
    for (const { lease } of this.units) lease?.release()
  }

  /** Gives up the sound that is heard from then on. */
  takeSoundFrom(ticks: number): SoundUnit[] {
    const at = this.sound.findIndex((unit) => unit.ticks >= ticks)
    const taken = at < 0 ? [] : this.sound.splice(at)
    this.#bytes -= taken.reduce((sum, { data }) => sum + data.length, 0)
    return taken
  }
}

/** Pictures as samples of one fragment. */
export interface PictureRun {
  /** Decoding time of the first. */
  readonly ticks: number
  /** Decoding time of what follows. */
  readonly endTicks: number
  readonly samples: readonly Sample[]
}

/**
 * A GOP's pictures as samples of one fragment. Decoding times are the presentation times in order, since RTP tells only
 * the latter and pictures never leave their GOP but for those that H.265 shows before its keyframe.
 * @param nextTicks when the next GOP starts, if it has
 */
export function samplesOf(units: readonly AccessUnit[], nextTicks?: number): PictureRun {
  const presentation = units.map(({ ticks }) => ticks)
  const decoding = presentation.toSorted((a, b) => a - b)
  const last = decoding.at(-1) ?? 0
  const step = last - (decoding.at(-2) ?? last - LAST_TICKS)
  // Where pictures of the next GOP are shown before its keyframe, that one's time is not where decoding goes on.
  const mayBeLed = units[0]?.parameters.codec === 'h265' && presentation.some((ticks, i) => ticks !== decoding[i])
  const endTicks = mayBeLed || nextTicks === undefined ? last + step : nextTicks
  const samples = units.map(({ data, keyframe }, i) => {
    const start = decoding[i] ?? 0
    const duration = Math.max(0, (decoding[i + 1] ?? endTicks) - start)
    return { data, keyframe, duration, compositionOffset: (presentation[i] ?? start) - start }
  })
  return { ticks: decoding[0] ?? 0, endTicks: Math.max(last, endTicks), samples }
}
