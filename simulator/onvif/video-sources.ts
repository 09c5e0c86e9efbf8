import { child } from '../discovery/xml.ts'
import { channelAsked, channelsOf } from './channels.ts'
import { type CameraFacts, type Operations, ofChannel } from './facts.ts'
import { profileAsked } from './media-encoders.ts'
import type { SoapRequest } from './soap.ts'
import { mediaStreams } from './streams.ts'

const answer = (operation: string, inner: string) => `<trt:${operation}Response>${inner}</trt:${operation}Response>`

/** The video sources of the media service, version 1 (ONVIF Media 5.3, 5.4). */
export function sourceOperations(facts: CameraFacts): Operations {
  const asked = (request: SoapRequest) =>
    channelAsked(facts, request, 'ConfigurationToken', facts.profile.tokens.config, 'ter:NoConfig')
  const all = () =>
    channelsOf(facts)
      .map((channel) => sourceConfiguration(facts, channel, 'trt:Configurations'))
      .join('')
  return {
    GetVideoSources: () =>
      answer(
        'GetVideoSources',
        channelsOf(facts)
          .map((channel) => videoSource(facts, channel))
          .join(''),
      ),
    GetVideoSourceConfigurations: () => answer('GetVideoSourceConfigurations', all()),
    GetVideoSourceConfiguration: (request) =>
      answer('GetVideoSourceConfiguration', sourceConfiguration(facts, asked(request), 'trt:Configuration')),
    GetCompatibleVideoSourceConfigurations: (request) => {
      const { channel } = profileAsked(facts, request)
      const inner = sourceConfiguration(facts, channel, 'trt:Configurations')
      return answer('GetCompatibleVideoSourceConfigurations', inner)
    },
    GetVideoSourceConfigurationOptions: (request) =>
      answer('GetVideoSourceConfigurationOptions', sourceOptions(facts, request, 'trt:Options')),
  }
}

/** Of the configuration or profile that the request names; of the first where it names none. */
export function sourceOptions(facts: CameraFacts, request: SoapRequest, element: string): string {
  const named = child(request.body, 'ConfigurationToken')
    ? channelAsked(facts, request, 'ConfigurationToken', facts.profile.tokens.config, 'ter:NoConfig')
    : 1
  const channel = child(request.body, 'ProfileToken') ? profileAsked(facts, request).channel : named
  const { width, height } = sceneOf(facts, channel)
  const range = (name: string, min: number, max: number) =>
    `<tt:${name}><tt:Min>${min}</tt:Min><tt:Max>${max}</tt:Max></tt:${name}>`
  const bounds = [range('XRange', 0, 0), range('YRange', 0, 0)]
  bounds.push(range('WidthRange', width, width), range('HeightRange', height, height))
  return (
    `<${element}><tt:BoundsRange>${bounds.join('')}</tt:BoundsRange>` +
    `<tt:VideoSourceTokensAvailable>${ofChannel(facts.profile.tokens.source, channel)}</tt:VideoSourceTokensAvailable></${element}>`
  )
}

function sceneOf(facts: CameraFacts, channel: number) {
  const showing = facts.showings[channel - 1]
  if (!showing) throw new RangeError(`The camera has no channel ${channel}`)
  return showing.video
}

function videoSource(facts: CameraFacts, channel: number): string {
  const { width, height, framesPerSecond } = sceneOf(facts, channel)
  const token = ofChannel(facts.profile.tokens.source, channel)
  return (
    `<trt:VideoSources token="${token}"><tt:Framerate>${framesPerSecond}</tt:Framerate>` +
    `<tt:Resolution><tt:Width>${width}</tt:Width><tt:Height>${height}</tt:Height></tt:Resolution></trt:VideoSources>`
  )
}

export function sourceConfiguration(facts: CameraFacts, channel: number, element: string): string {
  const { width, height } = sceneOf(facts, channel)
  const { tokens } = facts.profile
  const useCount = mediaStreams(facts).filter((stream) => stream.channel === channel).length
  return (
    `<${element} token="${ofChannel(tokens.config, channel)}"><tt:Name>VideoSourceConfig_${channel}</tt:Name><tt:UseCount>${useCount}</tt:UseCount>` +
    `<tt:SourceToken>${ofChannel(tokens.source, channel)}</tt:SourceToken><tt:Bounds x="0" y="0" width="${width}" height="${height}"/></${element}>`
  )
}
