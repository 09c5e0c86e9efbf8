import { BitReader } from './bits.ts'
import { NAL } from './nal.ts'

const SETS_MAX = 16
const SET_BYTES_MAX = 4096

/** The SPS and PPS that pictures refer to. Immutable: a change makes a new object, so identity tells. */
export class ParameterSets {
  readonly sps: readonly Uint8Array[]
  readonly pps: readonly Uint8Array[]

  constructor(sps: readonly Uint8Array[] = [], pps: readonly Uint8Array[] = []) {
    this.sps = sps
    this.pps = pps
  }

  static from(nals: readonly Uint8Array[]): ParameterSets {
    return nals.reduce((sets: ParameterSets, nal) => sets.with(nal), new ParameterSets())
  }

  /** Whether a decoder could start with these. */
  get complete(): boolean {
    return this.sps.length > 0 && this.pps.length > 0
  }

  /** These with one more; the same object where nothing changes, or where the NAL unit is no sound parameter set. */
  with(nal: Uint8Array): ParameterSets {
    const type = (nal[0] ?? 0) & 0x1f
    if (nal.length > SET_BYTES_MAX) return this
    if (type === NAL.sps) {
      const sps = replace(this.sps, nal, spsId)
      return sps === this.sps ? this : new ParameterSets(sps, this.pps)
    }
    if (type !== NAL.pps) return this
    const pps = replace(this.pps, nal, ppsId)
    return pps === this.pps ? this : new ParameterSets(this.sps, pps)
  }
}

type ReadId = (nal: Uint8Array) => number | undefined

function replace(held: readonly Uint8Array[], nal: Uint8Array, readId: ReadId): readonly Uint8Array[] {
  if (held.some((other) => Buffer.compare(other, nal) === 0)) return held
  const id = readId(nal)
  if (id === undefined) return held
  // The caller's bytes may lie in a buffer that is used again.
  return [...held.filter((other) => readId(other) !== id), Uint8Array.from(nal)].slice(-SETS_MAX)
}

/** seq_parameter_set_id stands behind profile, constraints and level (H.264, 7.3.2.1.1). */
const spsId: ReadId = (nal) => (nal.length < 5 ? undefined : readId(nal, 4))

/** pic_parameter_set_id comes first (H.264, 7.3.2.2). */
const ppsId: ReadId = (nal) => (nal.length < 2 ? undefined : readId(nal, 1))

function readId(nal: Uint8Array, from: number): number | undefined {
  try {
    return new BitReader(nal, from).unsigned()
  } catch {
    return undefined
  }
}
