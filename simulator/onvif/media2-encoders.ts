import { child, descend } from '../discovery/xml.ts'
import { encoderLimits, encoderOf, numberIn, setEncoder } from './encoders.ts'
import type { CameraFacts, Operations } from './facts.ts'
import { given } from './media-encoders.ts'
import { invalidArgument, type SoapRequest } from './soap.ts'
import { type MediaStream, mediaStreams } from './streams.ts'

/** The streams that a request names by a token: all, where it names none. Throws SoapFault where there is none such. */
export function streamsNamed(
  streams: readonly MediaStream[],
  request: SoapRequest,
  token: string,
  nameOf: (stream: MediaStream) => string,
  subcode: string,
): MediaStream[] {
  const given = child(request.body, token)?.text
  const found = streams.filter((stream) => given === undefined || nameOf(stream) === given)
  if (found.length === 0) throw invalidArgument(subcode, `There is no ${token} "${given ?? ''}"`)
  return found
}

const answer = (operation: string, inner: string) => `<tr2:${operation}Response>${inner}</tr2:${operation}Response>`

/** The video encoders of the media service, version 2 (ONVIF Media2 5.3). */
export function encoder2Operations(facts: CameraFacts): Operations {
  const streams = mediaStreams(facts)
  const asked = (request: SoapRequest) =>
    streamsNamed(streams, request, 'ConfigurationToken', ({ encoderToken }) => encoderToken, 'ter:NoConfig')
  return {
    GetVideoEncoderConfigurations: (request) => {
      const rows = asked(request).map((stream) => encoder2(facts, stream, 'tr2:Configurations'))
      return answer('GetVideoEncoderConfigurations', rows.join(''))
    },
    GetVideoEncoderConfigurationOptions: (request) =>
      answer('GetVideoEncoderConfigurationOptions', asked(request).map(encoder2Options).join('')),
    SetVideoEncoderConfiguration: (request) => setEncoder2(facts, request),
    GetVideoEncoderInstances: () => {
      const own = streams.filter(({ channel }) => channel === 1).map(encodingOf)
      const codecs = [...new Set(own)].map(
        (encoding) =>
          `<tr2:Codec><tr2:Encoding>${encoding}</tr2:Encoding><tr2:Number>${own.filter((one) => one === encoding).length}</tr2:Number></tr2:Codec>`,
      )
      const inner = `<tr2:Info>${codecs.join('')}<tr2:Total>${own.length}</tr2:Total></tr2:Info>`
      return answer('GetVideoEncoderInstances', inner)
    },
  }
}

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

function encoder2Options(stream: MediaStream): string {
  const { width, height } = stream.showing.video
  const { frameRates, bitrateKbit, quality, govLength } = encoderLimits(stream)
  return (
    `<tr2:Options GovLengthRange="${govLength.min} ${govLength.max}" FrameRatesSupported="${frameRates.join(' ')}" ProfilesSupported="Main" ConstantBitRateSupported="false">` +
    `<tt:Encoding>${encodingOf(stream)}</tt:Encoding><tt:QualityRange><tt:Min>${quality.min}</tt:Min><tt:Max>${quality.max}</tt:Max></tt:QualityRange>` +
    `<tt:ResolutionsAvailable><tt:Width>${width}</tt:Width><tt:Height>${height}</tt:Height></tt:ResolutionsAvailable>` +
    `<tt:BitrateRange><tt:Min>${bitrateKbit.min}</tt:Min><tt:Max>${bitrateKbit.max}</tt:Max></tt:BitrateRange></tr2:Options>`
  )
}

function encodingOf({ showing }: MediaStream): string {
  return showing.video.codec.toUpperCase()
}

/** Throws SoapFault where there is no such encoder or value. */
function setEncoder2(facts: CameraFacts, request: SoapRequest): string {
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
