import { BitReader } from './bits.ts'
import { readProfileTierLevel } from './h265-profile.ts'
import { NAL, NAL_FORMATS, type VideoCodec } from './nal.ts'

const SETS_MAX = 16
const SET_BYTES_MAX = 4096

interface Sets {
  readonly vps: readonly Uint8Array[]
  readonly sps: readonly Uint8Array[]
  readonly pps: readonly Uint8Array[]
}

const NONE: Sets = { vps: [], sps: [], pps: [] }

/** The VPS (of H.265 alone), SPS and PPS that pictures refer to. Immutable: a change makes a new object, so identity tells. */
export class ParameterSets implements Sets {
  readonly codec: VideoCodec
  readonly vps: readonly Uint8Array[]
  readonly sps: readonly Uint8Array[]
  readonly pps: readonly Uint8Array[]

  constructor(codec: VideoCodec = 'h264', { vps, sps, pps }: Sets = NONE) {
    this.codec = codec
    this.vps = vps
    this.sps = sps
    this.pps = pps
  }

  static from(nals: readonly Uint8Array[], codec: VideoCodec = 'h264'): ParameterSets {
    return nals.reduce((sets: ParameterSets, nal) => sets.with(nal), new ParameterSets(codec))
  }

  /** Whether a decoder could start with these. */
  get complete(): boolean {
    return this.sps.length > 0 && this.pps.length > 0 && (this.codec === 'h264' || this.vps.length > 0)
  }

  /** These with one more; the same object where nothing changes, or where the NAL unit is no sound parameter set. */
  with(nal: Uint8Array): ParameterSets {
    const kind = KINDS[this.codec].get(NAL_FORMATS[this.codec].typeOf(nal[0] ?? 0))
    if (kind === undefined || nal.length > SET_BYTES_MAX) return this
    const held = this[kind.name]
    const sets = replace(held, nal, kind.readId)
    return sets === held ? this : new ParameterSets(this.codec, { ...this.#sets(), [kind.name]: sets })
  }

  #sets(): Sets {
    return { vps: this.vps, sps: this.sps, pps: this.pps }
  }
}

type ReadId = (nal: Uint8Array) => number

interface Kind {
  readonly name: keyof Sets
  readonly readId: ReadId
}

const KINDS: Readonly<Record<VideoCodec, ReadonlyMap<number, Kind>>> = {
  h264: new Map<number, Kind>([
    // seq_parameter_set_id stands behind profile, constraints and level (H.264, 7.3.2.1.1).
    [NAL.sps, { name: 'sps', readId: (nal) => new BitReader(nal, 4).unsigned() }],
    [NAL.pps, { name: 'pps', readId: (nal) => new BitReader(nal, 1).unsigned() }],
  ]),
  // H.265, 7.3.2.1 to 7.3.2.3.
  h265: new Map<number, Kind>([
    [NAL.vpsH265, { name: 'vps', readId: (nal) => new BitReader(nal, 2).bits(4) }],
    [NAL.spsH265, { name: 'sps', readId: spsIdH265 }],
    [NAL.ppsH265, { name: 'pps', readId: (nal) => new BitReader(nal, 2).unsigned() }],
  ]),
}

function spsIdH265(nal: Uint8Array): number {
  const reader = new BitReader(nal, 2)
  readProfileTierLevel(reader)
  return reader.unsigned()
}

function replace(held: readonly Uint8Array[], nal: Uint8Array, readId: ReadId): readonly Uint8Array[] {
  if (held.some((other) => Buffer.compare(other, nal) === 0)) return held
  const id = idOf(nal, readId)
  if (id === undefined) return held
  // The caller's bytes may lie in a buffer that is used again.
  return [...held.filter((other) => idOf(other, readId) !== id), Uint8Array.from(nal)].slice(-SETS_MAX)
}

function idOf(nal: Uint8Array, readId: ReadId): number | undefined {
  try {
    return readId(nal)
  } catch {
    return undefined
  }
}
