import { child } from '../discovery/xml.ts'
import type { CameraFacts, Operations } from './facts.ts'
import { invalidArgument, type SoapRequest } from './soap.ts'
import { mediaStreams } from './streams.ts'

const TOKENS = { source: 'AudioSource_1', config: 'AudioSourceConfig_1', encoder: 'AudioEncoder_1' } as const

const NO_MULTICAST =
  '<tt:Multicast><tt:Address><tt:Type>IPv4</tt:Type><tt:IPv4Address>0.0.0.0</tt:IPv4Address></tt:Address><tt:Port>0</tt:Port>' +
  '<tt:TTL>1</tt:TTL><tt:AutoStart>false</tt:AutoStart></tt:Multicast>'

/** What the two versions of the media service call each encoding, and its figures. */
const ENCODINGS = {
  aac: { name: 'AAC', mimeName: 'MP4A-LATM', kbit: 24, kHz: 16 },
  pcmu: { name: 'G711', mimeName: 'PCMU', kbit: 64, kHz: 8 },
} as const

/** The part of the media service, version 1, that is about sound: nothing where the camera hears none. */
export function audioOperations(facts: CameraFacts): Operations {
  if (facts.profile.audio === undefined) return {}
  const { name, kbit, kHz } = ENCODINGS[facts.profile.audio]
  const answer = (operation: string, inner: string) => `<trt:${operation}Response>${inner}</trt:${operation}Response>`
  const asked = (request: SoapRequest, token: string) => refuseOther(request, 'ConfigurationToken', token)
  return {
    GetAudioSources: () =>
      answer(
        'GetAudioSources',
        `<trt:AudioSources token="${TOKENS.source}"><tt:Channels>1</tt:Channels></trt:AudioSources>`,
      ),
    GetAudioSourceConfigurations: () =>
      answer('GetAudioSourceConfigurations', audioSourceConfiguration(facts, 'trt:Configurations')),
    GetAudioSourceConfiguration: (request) => {
      asked(request, TOKENS.config)
      return answer('GetAudioSourceConfiguration', audioSourceConfiguration(facts, 'trt:Configuration'))
    },
    GetAudioSourceConfigurationOptions: (request) => {
      asked(request, TOKENS.config)
      return answer('GetAudioSourceConfigurationOptions', `<trt:Options>${SOURCE_OPTIONS}</trt:Options>`)
    },
    GetAudioEncoderConfigurations: () =>
      answer('GetAudioEncoderConfigurations', audioEncoder(facts, 'trt:Configurations')),
    GetAudioEncoderConfiguration: (request) => {
      asked(request, TOKENS.encoder)
      return answer('GetAudioEncoderConfiguration', audioEncoder(facts, 'trt:Configuration'))
    },
    GetAudioEncoderConfigurationOptions: (request) => {
      asked(request, TOKENS.encoder)
      const options =
        `<tt:Encoding>${name}</tt:Encoding><tt:BitrateList><tt:Items>${kbit}</tt:Items></tt:BitrateList>` +
        `<tt:SampleRateList><tt:Items>${kHz}</tt:Items></tt:SampleRateList>`
      return answer(
        'GetAudioEncoderConfigurationOptions',
        `<trt:Options><tt:Options>${options}</tt:Options></trt:Options>`,
      )
    },
  }
}

/** The same part of version 2, in its words: an encoding is named as in SDP's media types. */
export function audio2Operations(facts: CameraFacts): Operations {
  if (facts.profile.audio === undefined) return {}
  const { mimeName, kbit, kHz } = ENCODINGS[facts.profile.audio]
  const answer = (operation: string, inner: string) => `<tr2:${operation}Response>${inner}</tr2:${operation}Response>`
  const asked = (request: SoapRequest, token: string) => refuseOther(request, 'ConfigurationToken', token)
  return {
    GetAudioSourceConfigurations: (request) => {
      asked(request, TOKENS.config)
      return answer('GetAudioSourceConfigurations', audioSourceConfiguration(facts, 'tr2:Configurations'))
    },
    GetAudioSourceConfigurationOptions: (request) => {
      asked(request, TOKENS.config)
      return answer('GetAudioSourceConfigurationOptions', `<tr2:Options>${SOURCE_OPTIONS}</tr2:Options>`)
    },
    GetAudioEncoderConfigurations: (request) => {
      asked(request, TOKENS.encoder)
      return answer('GetAudioEncoderConfigurations', audioEncoder2(facts, 'tr2:Configurations'))
    },
    GetAudioEncoderConfigurationOptions: (request) => {
      asked(request, TOKENS.encoder)
      const options =
        `<tt:Encoding>${mimeName}</tt:Encoding><tt:BitrateList><tt:Items>${kbit}</tt:Items></tt:BitrateList>` +
        `<tt:SampleRateList><tt:Items>${kHz}</tt:Items></tt:SampleRateList>`
      return answer('GetAudioEncoderConfigurationOptions', `<tr2:Options>${options}</tr2:Options>`)
    },
  }
}

const SOURCE_OPTIONS = `<tt:InputTokensAvailable>${TOKENS.source}</tt:InputTokensAvailable>`

/** Throws SoapFault where the request names another configuration than the only one. */
function refuseOther(request: SoapRequest, element: string, token: string): void {
  const given = child(request.body, element)?.text ?? token
  if (given !== token) throw invalidArgument('ter:NoConfig', `There is no ${element} "${given}"`)
}

/** Empty where the camera hears nothing. */
export function audioSourceConfiguration(facts: CameraFacts, element: string): string {
  if (facts.profile.audio === undefined) return ''
  return (
    `<${element} token="${TOKENS.config}"><tt:Name>AudioSourceConfig</tt:Name><tt:UseCount>${mediaStreams(facts).length}</tt:UseCount>` +
    `<tt:SourceToken>${TOKENS.source}</tt:SourceToken></${element}>`
  )
}

/** The encoder in the words of version 1; empty where the camera hears nothing. */
export function audioEncoder(facts: CameraFacts, element: string): string {
  const { audio } = facts.profile
  if (audio === undefined) return ''
  const { name } = ENCODINGS[audio]
  return encoder(facts, element, name, `${figures(audio)}${NO_MULTICAST}<tt:SessionTimeout>PT60S</tt:SessionTimeout>`)
}

/** The encoder in the words of version 2; empty where the camera hears nothing. */
export function audioEncoder2(facts: CameraFacts, element: string): string {
  const { audio } = facts.profile
  if (audio === undefined) return ''
  return encoder(facts, element, ENCODINGS[audio].mimeName, `${NO_MULTICAST}${figures(audio)}`)
}

function figures(audio: keyof typeof ENCODINGS): string {
  const { kbit, kHz } = ENCODINGS[audio]
  return `<tt:Bitrate>${kbit}</tt:Bitrate><tt:SampleRate>${kHz}</tt:SampleRate>`
}

function encoder(facts: CameraFacts, element: string, encoding: string, rest: string): string {
  return (
    `<${element} token="${TOKENS.encoder}"><tt:Name>AudioEncoder</tt:Name><tt:UseCount>${mediaStreams(facts).length}</tt:UseCount>` +
    `<tt:Encoding>${encoding}</tt:Encoding>${rest}</${element}>`
  )
}
