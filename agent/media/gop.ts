import type { AccessUnit } from '../rtsp/access-unit.ts'
import type { ParameterSets } from '../rtsp/parameter-sets.ts'
import type { Sample } from './mp4.ts'

// What the last picture of all lasts, where nothing tells: a 25th of a second.
const LAST_TICKS = 3600

/** A keyframe and the pictures up to the next. Grows while it is the newest. */
export class Gop {
  readonly units: AccessUnit[]
  readonly parameters: ParameterSets
  #bytes: number

  constructor(keyframe: AccessUnit) {
    this.units = [keyframe]
    this.parameters = keyframe.parameters
    this.#bytes = keyframe.data.length
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
}

/**
 * The GOP as samples of one fragment. Decoding times are the presentation times in order, since RTP tells only the
 * latter and pictures never leave their GOP.
 * @param nextTicks when the next GOP starts, if it has
 */
export function samplesOf(gop: Gop, nextTicks?: number): Sample[] {
  const presentation = gop.units.map(({ ticks }) => ticks)
  const decoding = presentation.toSorted((a, b) => a - b)
  return gop.units.map(({ data, keyframe }, i) => {
    const start = decoding[i] ?? 0
    const end = decoding[i + 1] ?? nextTicks ?? start + (start - (decoding[i - 1] ?? start - LAST_TICKS))
    return { data, keyframe, duration: Math.max(0, end - start), compositionOffset: (presentation[i] ?? start) - start }
  })
}
