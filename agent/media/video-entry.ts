import { LenscapError } from '../base/errors.ts'
import { NAL } from '../rtsp/nal.ts'
import type { ParameterSets } from '../rtsp/parameter-sets.ts'
import { box, u8, u16, u32, zeros } from './boxes.ts'
import { isHighProfile, parseSps } from './sps.ts'
import { parseSpsH265 } from './sps-h265.ts'

const SIDE_MAX = 16_384

/** What a file says of its pictures. */
export interface VideoEntry {
  readonly width: number
  readonly height: number
  /** The sample entry. */
  readonly box: Buffer
}

/** @throws LenscapError `invalid` where a parameter set makes no sense */
export function videoEntry(parameters: ParameterSets): VideoEntry {
  const { codec, sps } = parameters
  // The newest is the one in force: an older one of another id is seldom more than what the description promised.
  const nal = sps.at(-1) ?? new Uint8Array(0)
  const { width, height } = codec === 'h265' ? parseSpsH265(nal) : parseSps(nal)
  if (width < 1 || height < 1 || width > SIDE_MAX || height > SIDE_MAX) {
    throw new LenscapError('invalid', "The camera's parameter set tells an impossible size", { width, height })
  }
  const configuration = codec === 'h265' ? hvcC(parameters, nal) : avcC(parameters, nal)
  return { width, height, box: visualSampleEntry(codec === 'h265' ? 'hvc1' : 'avc1', width, height, configuration) }
}

/** What a player may ask of the browser (RFC 6381, 3.3; ISO/IEC 14496-15, annex E): `avc1.640016`, `hvc1.1.6.L93.B0`. */
export function videoCodecString({ codec, sps }: ParameterSets): string {
  const nal = sps.at(-1) ?? new Uint8Array(0)
  if (codec === 'h264') {
    const [, profile = 0, compatibility = 0, level = 0] = nal
    return `avc1.${[profile, compatibility, level].map((byte) => byte.toString(16).padStart(2, '0')).join('')}`
  }
  const { general } = parseSpsH265(nal)
  const [first = 0] = general
  const compatibility = reversed(Buffer.from(general.subarray(1, 5)).readUInt32BE())
  const constraints = Buffer.from(general.subarray(5, 11))
    .toString('hex')
    .replace(/(00)+$/, '')
  const bytes = constraints.match(/../g) ?? []
  const space = ['', 'A', 'B', 'C'][first >> 6]
  const tier = (first & 0x20) === 0 ? 'L' : 'H'
  const parts = [`hvc1.${space}${first & 0x1f}`, compatibility.toString(16), `${tier}${general[11]}`, ...bytes]
  return parts.join('.').toUpperCase().replace('HVC1', 'hvc1')
}

/** ISO/IEC 14496-12, 12.1.3. */
function visualSampleEntry(type: string, width: number, height: number, configuration: Buffer): Buffer {
  const size = [u16(width), u16(height)]
  const resolution = [u32(0x48_0000), u32(0x48_0000)]
  const rest = [zeros(4), u16(1), zeros(32), u16(24), u16(0xffff)]
  return box(type, zeros(6), u16(1), zeros(16), ...size, ...resolution, ...rest, configuration)
}

/** AVCDecoderConfigurationRecord (ISO/IEC 14496-15, 5.3.3.1). */
function avcC({ sps, pps }: ParameterSets, nal: Uint8Array): Buffer {
  const { profile, compatibility, level, chromaFormat, bitDepthLuma, bitDepthChroma } = parseSps(nal)
  const sets = (nals: readonly Uint8Array[]) => nals.flatMap((set) => [u16(set.length), set])
  const head = u8(1, profile, compatibility, level, 0xff, 0xe0 | sps.length)
  const colour = u8(0xfc | chromaFormat, 0xf8 | (bitDepthLuma - 8), 0xf8 | (bitDepthChroma - 8), 0)
  const tail = isHighProfile(profile) ? [colour] : []
  return box('avcC', head, ...sets(sps), u8(pps.length), ...sets(pps), ...tail)
}

/** HEVCDecoderConfigurationRecord (ISO/IEC 14496-15, 8.3.3.1). All sets stand here and none in the samples: `hvc1`. */
function hvcC({ vps, sps, pps }: ParameterSets, nal: Uint8Array): Buffer {
  const { general, chromaFormat, bitDepthLuma, bitDepthChroma, temporalLayers, temporalIdNested } = parseSpsH265(nal)
  const layers = (temporalLayers << 3) | (temporalIdNested ? 4 : 0) | 3
  const facts = u8(0xf0, 0, 0xfc, 0xfc | chromaFormat, 0xf8 | (bitDepthLuma - 8), 0xf8 | (bitDepthChroma - 8), 0, 0)
  const array = (type: number, nals: readonly Uint8Array[]) => [
    u8(0x80 | type),
    u16(nals.length),
    ...nals.flatMap((set) => [u16(set.length), set]),
  ]
  const arrays = [...array(NAL.vpsH265, vps), ...array(NAL.spsH265, sps), ...array(NAL.ppsH265, pps)]
  return box('hvcC', u8(1), general, facts, u8(layers, 3), ...arrays)
}

/** Bit 0 first, as the string wants it. */
function reversed(word: number): number {
  return Number.parseInt(word.toString(2).padStart(32, '0').split('').toReversed().join(''), 2)
}
