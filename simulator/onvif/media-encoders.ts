import { child, descend } from '../discovery/xml.ts'
import type { Video } from '../imaging/video.ts'
import { type EncoderWish, encoderLimits, encoderOf, numberIn, setEncoder } from './encoders.ts'
import type { CameraFacts, Operations } from './facts.ts'
import { invalidArgument, type SoapRequest } from './soap.ts'
import { type MediaStream, mediaStreams } from './streams.ts'

const answer = (operation: string, inner = '') => `<trt:${operation}Response>${inner}</trt:${operation}Response>`

/** The video encoders of the media service, version 1 (ONVIF Media 5.5): those of H.264, the only codec that both know. */
export function encoderOperations(facts: CameraFacts): Operations {
  const encoders = mediaStreams(facts).filter(({ showing }) => showing.video.codec === 'h264')
  const named = (token: string | undefined): MediaStream => {
    const stream = encoders.find(({ encoderToken }) => encoderToken === token)
    if (!stream) throw invalidArgument('ter:NoConfig', `There is no video encoder "${token ?? ''}"`)
    return stream
  }
  const asked = (request: SoapRequest) => named(child(request.body, 'ConfigurationToken')?.text)
  const all = () => encoders.map((stream) => encoder(facts, stream, 'trt:Configurations')).join('')
  return {
    GetVideoEncoderConfigurations: () => answer('GetVideoEncoderConfigurations', all()),
    GetVideoEncoderConfiguration: (request) =>
      answer('GetVideoEncoderConfiguration', encoder(facts, asked(request), 'trt:Configuration')),
    GetCompatibleVideoEncoderConfigurations: (request) => {
      profileAsked(facts, request)
      return answer('GetCompatibleVideoEncoderConfigurations', all())
    },
    GetVideoEncoderConfigurationOptions: (request) => {
      const profile = child(request.body, 'ProfileToken') ? profileAsked(facts, request) : undefined
      const token = child(request.body, 'ConfigurationToken')?.text
      const stream = token === undefined ? (encoders.find((one) => one === profile) ?? encoders[0]) : named(token)
      return answer('GetVideoEncoderConfigurationOptions', stream ? options(stream) : NO_OPTIONS)
    },
    SetVideoEncoderConfiguration: (request) => {
      const given = child(request.body, 'Configuration')
      setEncoder(facts, named(given?.attributes['token']), wishIn(request))
      return answer('SetVideoEncoderConfiguration')
    },
    GetGuaranteedNumberOfVideoEncoderInstances: (request) => {
      const { config } = facts.profile.tokens
      const token = child(request.body, 'ConfigurationToken')?.text ?? ''
      const channel = facts.showings.findIndex((_, i) => config.replaceAll('{channel}', String(i + 1)) === token) + 1
      if (channel === 0) throw invalidArgument('ter:NoConfig', `There is no video source configuration "${token}"`)
      const count = encoders.filter((stream) => stream.channel === channel).length
      const inner = `<trt:TotalNumber>${count}</trt:TotalNumber><trt:H264>${count}</trt:H264>`
      return answer('GetGuaranteedNumberOfVideoEncoderInstances', inner)
    },
  }
}

/** The stream whose profile a request names. Throws SoapFault where there is none such. */
export function profileAsked(facts: CameraFacts, request: SoapRequest): MediaStream {
  const wanted = child(request.body, 'ProfileToken')?.text ?? ''
  const stream = mediaStreams(facts).find(({ profileToken }) => profileToken === wanted)
  if (!stream) throw invalidArgument('ter:NoProfile', `There is no ProfileToken "${wanted}"`)
  return stream
}

function wishIn(request: SoapRequest): EncoderWish {
  const text = (...path: string[]) => descend(request.body, 'Configuration', ...path)?.text
  const numbers = {
    frameRate: numberIn(text('RateControl', 'FrameRateLimit')),
    bitrateKbit: numberIn(text('RateControl', 'BitrateLimit')),
    quality: numberIn(text('Quality')),
    govLength: numberIn(text('H264', 'GovLength')),
  }
  return {
    encoding: text('Encoding'),
    width: numberIn(text('Resolution', 'Width')),
    height: numberIn(text('Resolution', 'Height')),
    ...given(numbers),
  }
}

/** Those that were given. */
export function given(
  numbers: Readonly<Record<string, number | undefined>>,
): Pick<EncoderWish, 'frameRate' | 'bitrateKbit' | 'quality' | 'govLength'> {
  return Object.fromEntries(Object.entries(numbers).filter(([, value]) => value !== undefined))
}

const range = (element: string, { min, max }: { min: number; max: number }) =>
  `<tt:${element}><tt:Min>${min}</tt:Min><tt:Max>${max}</tt:Max></tt:${element}>`

const resolution = (element: string, { width, height }: Video) =>
  `<tt:${element}><tt:Width>${width}</tt:Width><tt:Height>${height}</tt:Height></tt:${element}>`

/** Where there is no encoder that version 1 could name. */
const NO_OPTIONS = `<trt:Options>${range('QualityRange', { min: 1, max: 5 })}</trt:Options>`

function options(stream: MediaStream): string {
  const { frameRates, bitrateKbit, quality, govLength } = encoderLimits(stream)
  const { video } = stream.showing
  const h264 =
    resolution('ResolutionsAvailable', video) +
    range('GovLengthRange', govLength) +
    range('FrameRateRange', { min: 1, max: Math.ceil(frameRates[0] ?? 1) }) +
    range('EncodingIntervalRange', { min: 1, max: 1 }) +
    `<tt:H264ProfilesSupported>${h264ProfileOf(video)}</tt:H264ProfilesSupported>`
  return (
    `<trt:Options>${range('QualityRange', quality)}<tt:H264>${h264}</tt:H264>` +
    `<tt:Extension><tt:H264>${h264}${range('BitrateRange', bitrateKbit)}</tt:H264></tt:Extension></trt:Options>`
  )
}

/** Empty for H.265, for which version 1 has no word. */
export function encoder(facts: CameraFacts, stream: MediaStream, element: string): string {
  const { video } = stream.showing
  if (video.codec !== 'h264') return ''
  const { frameRate, bitrateKbit, quality, govLength } = encoderOf(facts, stream)
  return (
    `<${element} token="${stream.encoderToken}"><tt:Name>VideoEncoder_${stream.name}</tt:Name><tt:UseCount>1</tt:UseCount>` +
    `<tt:Encoding>H264</tt:Encoding>${resolution('Resolution', video)}<tt:Quality>${quality}</tt:Quality>` +
    `<tt:RateControl><tt:FrameRateLimit>${Math.round(frameRate)}</tt:FrameRateLimit><tt:EncodingInterval>1</tt:EncodingInterval><tt:BitrateLimit>${Math.round(bitrateKbit)}</tt:BitrateLimit></tt:RateControl>` +
    `<tt:H264><tt:GovLength>${Math.round(govLength)}</tt:GovLength><tt:H264Profile>${h264ProfileOf(video)}</tt:H264Profile></tt:H264>` +
    '<tt:Multicast><tt:Address><tt:Type>IPv4</tt:Type><tt:IPv4Address>0.0.0.0</tt:IPv4Address></tt:Address><tt:Port>0</tt:Port>' +
    `<tt:TTL>1</tt:TTL><tt:AutoStart>false</tt:AutoStart></tt:Multicast><tt:SessionTimeout>PT60S</tt:SessionTimeout></${element}>`
  )
}

/** By profile_idc (H.264, A.2), in ONVIF's words. */
function h264ProfileOf({ parameterSets }: Video): string {
  return { 66: 'Baseline', 77: 'Main', 88: 'Extended' }[parameterSets[0]?.[1] ?? 0] ?? 'High'
}
