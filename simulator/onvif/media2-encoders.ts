import { child, descend } from '../discovery/xml.ts'
import { encoderLimits, encoderOf, numberIn, setEncoder } from './encoders.ts'
import type { CameraFacts } from './facts.ts'
import { given } from './media-encoders.ts'
import { invalidArgument, type SoapRequest } from './soap.ts'
import { type MediaStream, mediaStreams } from './streams.ts'

/** tt:VideoEncoder2Configuration: the media service's version 2 names every codec. */
export function encoder2(facts: CameraFacts, stream: MediaStream, element: string): string {
  const { encoderToken, name, showing } = stream
  const { width, height } = showing.video
  const { frameRate, bitrateKbit, quality, govLength } = encoderOf(facts, stream)
  return (
    `<${element} token="${encoderToken}" GovLength="${Math.round(govLength)}" Profile="Main"><tt:Name>VideoEncoder_${name}</tt:Name>` +
    `<tt:UseCount>1</tt:UseCount><tt:Encoding>${encodingOf(stream)}</tt:Encoding><tt:Resolution><tt:Width>${width}</tt:Width><tt:Height>${height}</tt:Height></tt:Resolution>` +
    `<tt:RateControl ConstantBitRate="false"><tt:FrameRateLimit>${frameRate}</tt:FrameRateLimit><tt:BitrateLimit>${Math.round(bitrateKbit)}</tt:BitrateLimit></tt:RateControl>` +
    `<tt:Quality>${quality}</tt:Quality></${element}>`
  )
}

export function encoder2Options(stream: MediaStream): string {
  const { width, height } = stream.showing.video
  const { frameRates, bitrateKbit, quality, govLength } = encoderLimits(stream)
  return (
    `<tr2:Options GovLengthRange="${govLength.min} ${govLength.max}" FrameRatesSupported="${frameRates.join(' ')}" ProfilesSupported="Main" ConstantBitRateSupported="false">` +
    `<tt:Encoding>${encodingOf(stream)}</tt:Encoding><tt:QualityRange><tt:Min>${quality.min}</tt:Min><tt:Max>${quality.max}</tt:Max></tt:QualityRange>` +
    `<tt:ResolutionsAvailable><tt:Width>${width}</tt:Width><tt:Height>${height}</tt:Height></tt:ResolutionsAvailable>` +
    `<tt:BitrateRange><tt:Min>${bitrateKbit.min}</tt:Min><tt:Max>${bitrateKbit.max}</tt:Max></tt:BitrateRange></tr2:Options>`
  )
}

export function encodingOf({ showing }: MediaStream): string {
  return showing.video.codec.toUpperCase()
}

/** SetVideoEncoderConfiguration (ONVIF Media2 5.3.5). Throws SoapFault where there is no such encoder or value. */
export function setEncoder2(facts: CameraFacts, request: SoapRequest): string {
  const configuration = child(request.body, 'Configuration')
  const token = configuration?.attributes['token'] ?? ''
  const stream = mediaStreams(facts).find(({ encoderToken }) => encoderToken === token)
  if (!stream) throw invalidArgument('ter:NoConfig', `There is no video encoder "${token}"`)
  const text = (...path: string[]) => descend(configuration, ...path)?.text
  setEncoder(facts, stream, {
    encoding: text('Encoding'),
    width: numberIn(text('Resolution', 'Width')),
    height: numberIn(text('Resolution', 'Height')),
    ...given({
      frameRate: numberIn(text('RateControl', 'FrameRateLimit')),
      bitrateKbit: numberIn(text('RateControl', 'BitrateLimit')),
      quality: numberIn(text('Quality')),
      govLength: numberIn(configuration?.attributes['GovLength']),
    }),
  })
  return '<tr2:SetVideoEncoderConfigurationResponse/>'
}
