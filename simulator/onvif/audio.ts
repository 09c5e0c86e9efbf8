import type { CameraFacts, Operations } from './facts.ts'
import { mediaStreams } from './streams.ts'

const TOKENS = { source: 'AudioSource_1', config: 'AudioSourceConfig_1', encoder: 'AudioEncoder_1' } as const

const NO_MULTICAST =
  '<tt:Multicast><tt:Address><tt:Type>IPv4</tt:Type><tt:IPv4Address>0.0.0.0</tt:IPv4Address></tt:Address><tt:Port>0</tt:Port>' +
  '<tt:TTL>1</tt:TTL><tt:AutoStart>false</tt:AutoStart></tt:Multicast><tt:SessionTimeout>PT60S</tt:SessionTimeout>'

/** The part of the media service, version 1, that is about sound: nothing where the camera hears none. */
export function audioOperations(facts: CameraFacts): Operations {
  if (facts.profile.audio === undefined) return {}
  const answer = (operation: string, inner: string) => `<trt:${operation}Response>${inner}</trt:${operation}Response>`
  return {
    GetAudioSources: () =>
      answer(
        'GetAudioSources',
        `<trt:AudioSources token="${TOKENS.source}"><tt:Channels>1</tt:Channels></trt:AudioSources>`,
      ),
    GetAudioSourceConfigurations: () =>
      answer('GetAudioSourceConfigurations', audioSourceConfiguration(facts, 'trt:Configurations')),
    GetAudioEncoderConfigurations: () =>
      answer('GetAudioEncoderConfigurations', audioEncoder(facts, 'trt:Configurations')),
  }
}

/** Empty where the camera hears nothing. */
export function audioSourceConfiguration(facts: CameraFacts, element: string): string {
  if (facts.profile.audio === undefined) return ''
  return (
    `<${element} token="${TOKENS.config}"><tt:Name>AudioSourceConfig</tt:Name><tt:UseCount>${mediaStreams(facts).length}</tt:UseCount>` +
    `<tt:SourceToken>${TOKENS.source}</tt:SourceToken></${element}>`
  )
}

/** Empty where the camera hears nothing. */
export function audioEncoder(facts: CameraFacts, element: string): string {
  const { audio } = facts.profile
  if (audio === undefined) return ''
  const [encoding, kbit, kHz] = audio === 'aac' ? ['AAC', 24, 16] : ['G711', 64, 8]
  return (
    `<${element} token="${TOKENS.encoder}"><tt:Name>AudioEncoder</tt:Name><tt:UseCount>${mediaStreams(facts).length}</tt:UseCount>` +
    `<tt:Encoding>${encoding}</tt:Encoding><tt:Bitrate>${kbit}</tt:Bitrate><tt:SampleRate>${kHz}</tt:SampleRate>${NO_MULTICAST}</${element}>`
  )
}
