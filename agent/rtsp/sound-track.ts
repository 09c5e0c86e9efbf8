import { BitReader } from './bits.ts'
import type { AacFormat, G711Format } from './sound-format.ts'

const SAMPLE_RATES_HZ = [
  96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8000, 7350,
] as const
const CONFIG_BYTES_MAX = 64

/** How a track of sound is packed, beside what a player must know of it. */
export type SoundTrack = AacTrack | G711Format

export interface AacTrack extends AacFormat {
  readonly samplesPerUnit: number
  /** Of an access unit's header (RFC 3640, 4.1). */
  readonly sizeBits: number
  readonly indexBits: number
  readonly indexDeltaBits: number
}

/** The sound of one payload type; undefined for what can't be recorded. @param encoding as in `a=rtpmap`: `PCMU/8000` */
export function soundTrackOf(encoding: string, format: ReadonlyMap<string, string>): SoundTrack | undefined {
  const [, name = '', rate = '', channels = '1'] = /^([\w-]+)\/(\d{4,6})(?:\/(\d))?/.exec(encoding) ?? []
  const sampleRateHz = Number(rate)
  const codec = name.toLowerCase()
  if (sampleRateHz < 8000 || sampleRateHz > 96_000) return undefined
  if (codec === 'pcmu' || codec === 'pcma') return channels === '1' ? { codec, sampleRateHz, channels: 1 } : undefined
  return codec === 'mpeg4-generic' ? aacTrackOf(sampleRateHz, format) : undefined
}

/** RFC 3640, 4.1: only the parameters of AAC-hbr and AAC-lbr without interleaving or times. */
function aacTrackOf(sampleRateHz: number, format: ReadonlyMap<string, string>): AacTrack | undefined {
  const number = (name: string) => Number(format.get(name) ?? 0)
  const config = Buffer.from(format.get('config') ?? '', 'hex')
  const extras = ['ctsdeltalength', 'dtsdeltalength', 'randomaccessindication', 'streamstateindication']
  const sizeBits = number('sizelength')
  const indexBits = number('indexlength')
  const indexDeltaBits = number('indexdeltalength')
  const fits = sizeBits >= 1 && sizeBits <= 16 && indexBits <= 8 && indexDeltaBits <= 8
  if (!fits || extras.some((name) => number(name) > 0) || config.length > CONFIG_BYTES_MAX) return undefined
  const facts = readConfig(config)
  if (facts === undefined) return undefined
  // With SBR told openly, the RTP clock runs at the rate that is heard, and a frame holds twice the samples.
  const samplesPerUnit = Math.round((facts.frameSamples * sampleRateHz) / facts.coreRateHz)
  const { channels } = facts
  return { codec: 'aac', sampleRateHz, channels, config, samplesPerUnit, sizeBits, indexBits, indexDeltaBits }
}

/** AudioSpecificConfig (ISO/IEC 14496-3, 1.6.2.1), of AAC-LC and what is built on it. */
function readConfig(config: Uint8Array) {
  try {
    const reader = new BitReader(config, 0, false)
    const objectType = readObjectType(reader)
    const coreRateHz = readRate(reader)
    const channels = reader.bits(4)
    if (objectType === 5 || objectType === 29) {
      readRate(reader)
      readObjectType(reader)
    } else if (objectType !== 2) return undefined
    const frameSamples = reader.bit() === 1 ? 960 : 1024
    if (coreRateHz === undefined || channels < 1 || channels > 7) return undefined
    return { coreRateHz, channels: channels === 7 ? 8 : channels, frameSamples }
  } catch {
    return undefined
  }
}

const readObjectType = (reader: BitReader): number => {
  const type = reader.bits(5)
  return type === 31 ? 32 + reader.bits(6) : type
}

function readRate(reader: BitReader): number | undefined {
  const index = reader.bits(4)
  return index === 15 ? reader.bits(24) || undefined : SAMPLE_RATES_HZ[index]
}
