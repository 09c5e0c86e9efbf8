import type { CameraFacts } from './facts.ts'
import type { EncoderSettings } from './settings.ts'
import { invalidArgument } from './soap.ts'
import type { MediaStream } from './streams.ts'

interface Range {
  readonly min: number
  readonly max: number
}

const QUALITY: Range = { min: 1, max: 5 }
const BITRATE_KBIT_MIN = 32
const FRAME_RATES = [20, 15, 10, 5, 1]

/** Within what an encoder can be set. */
export interface EncoderLimits {
  readonly frameRates: readonly number[]
  readonly bitrateKbit: Range
  readonly quality: Range
  readonly govLength: Range
}

export function encoderLimits({ showing }: MediaStream): EncoderLimits {
  const { framesPerSecond, gopFrames, bitrateLimitKbit } = showing.video
  return {
    frameRates: [framesPerSecond, ...FRAME_RATES.filter((rate) => rate < framesPerSecond)],
    bitrateKbit: { min: Math.min(BITRATE_KBIT_MIN, bitrateLimitKbit), max: bitrateLimitKbit },
    quality: QUALITY,
    govLength: { min: 1, max: gopFrames * 4 },
  }
}

export function encoderOf(facts: CameraFacts, { encoderToken, showing }: MediaStream): EncoderSettings {
  const { framesPerSecond, gopFrames, bitrateLimitKbit } = showing.video
  const usual = { frameRate: framesPerSecond, bitrateKbit: bitrateLimitKbit, quality: 3, govLength: gopFrames }
  return facts.settings.encoders.get(encoderToken) ?? usual
}

/** What a client asks for, where it says anything. */
export interface EncoderWish extends Partial<EncoderSettings> {
  readonly encoding: string | undefined
  readonly width: number | undefined
  readonly height: number | undefined
}

/** Throws SoapFault, before anything is changed, where a value is outside of the encoder's limits. */
export function setEncoder(facts: CameraFacts, stream: MediaStream, wish: EncoderWish): void {
  const { codec, width, height } = stream.showing.video
  const limits = encoderLimits(stream)
  const { encoding = codec, width: wantedWidth = width, height: wantedHeight = height, ...wanted } = wish
  const settings = { ...encoderOf(facts, stream), ...wanted }
  const isWithin = ({ min, max }: Range, value: number) => value >= min && value <= max
  const [fastest = 0] = limits.frameRates
  const isFine =
    encoding.toLowerCase() === codec &&
    wantedWidth === width &&
    wantedHeight === height &&
    isWithin({ min: 1, max: Math.ceil(fastest) }, settings.frameRate) &&
    isWithin(limits.bitrateKbit, settings.bitrateKbit) &&
    isWithin(limits.quality, settings.quality) &&
    isWithin(limits.govLength, settings.govLength)
  if (!isFine) throw invalidArgument('ter:ConfigModify', 'A value is outside of what the options name')
  facts.settings.encoders.set(stream.encoderToken, settings)
}

/** An element's text as a number; undefined where there is no element. Throws SoapFault where it is no number. */
export function numberIn(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  if (text.trim() === '' || !Number.isFinite(Number(text)))
    throw invalidArgument('ter:ConfigModify', `"${text}" is no number`)
  return Number(text)
}
