import { child, escapeXml } from '../discovery/xml.ts'
import type { Video } from '../imaging/video.ts'
import { audioEncoder, audioOperations, audioSourceConfiguration } from './audio.ts'
import { mediaCapabilities } from './capabilities.ts'
import { type CameraFacts, httpUri, type Operations, ofChannel } from './facts.ts'
import { configuration as ptzConfiguration } from './ptz-spaces.ts'
import { invalidArgument, type SoapRequest } from './soap.ts'
import { type MediaStream, mediaStreams } from './streams.ts'

/** The media service, version 1 (ONVIF Media 5). Each stream has one profile. */
export function mediaOperations(facts: CameraFacts): Operations {
  const channels = facts.showings.map((_, i) => i + 1)
  const each = (element: (channel: number) => string) => channels.map(element).join('')
  const streams = mediaStreams(facts)
  const eachStream = (element: (stream: MediaStream) => string) => streams.map(element).join('')
  const asked = (request: SoapRequest): MediaStream => {
    const wanted = child(request.body, 'ProfileToken')?.text ?? ''
    const stream = streams.find(({ profileToken }) => profileToken === wanted)
    if (!stream) throw invalidArgument('ter:NoProfile', `There is no ProfileToken "${wanted}"`)
    return stream
  }
  return {
    ...audioOperations(facts),
    GetServiceCapabilities: () =>
      `<trt:GetServiceCapabilitiesResponse>${mediaCapabilities(facts)}</trt:GetServiceCapabilitiesResponse>`,
    GetProfiles: () =>
      `<trt:GetProfilesResponse>${eachStream((stream) => profile(facts, stream, 'trt:Profiles'))}</trt:GetProfilesResponse>`,
    GetProfile: (request) =>
      `<trt:GetProfileResponse>${profile(facts, asked(request), 'trt:Profile')}</trt:GetProfileResponse>`,
    GetVideoSources: () =>
      `<trt:GetVideoSourcesResponse>${each((channel) => videoSource(facts, channel))}</trt:GetVideoSourcesResponse>`,
    GetVideoSourceConfigurations: () =>
      `<trt:GetVideoSourceConfigurationsResponse>${each((channel) => sourceConfiguration(facts, channel, 'trt:Configurations'))}</trt:GetVideoSourceConfigurationsResponse>`,
    GetVideoEncoderConfigurations: () =>
      `<trt:GetVideoEncoderConfigurationsResponse>${eachStream((stream) => encoder(stream, 'trt:Configurations'))}</trt:GetVideoEncoderConfigurationsResponse>`,
    GetStreamUri: (request) => {
      const uri = `rtsp://${facts.address}:${facts.ports.rtsp}${asked(request).path}`
      return mediaUri('GetStreamUri', uri)
    },
    GetSnapshotUri: (request) =>
      mediaUri('GetSnapshotUri', httpUri(facts, ofChannel(facts.profile.paths.snapshot, asked(request).channel))),
  }
}

function mediaUri(operation: string, uri: string): string {
  return (
    `<trt:${operation}Response><trt:MediaUri><tt:Uri>${escapeXml(uri)}</tt:Uri><tt:InvalidAfterConnect>false</tt:InvalidAfterConnect>` +
    `<tt:InvalidAfterReboot>false</tt:InvalidAfterReboot><tt:Timeout>PT60S</tt:Timeout></trt:MediaUri></trt:${operation}Response>`
  )
}

function sceneOf(facts: CameraFacts, channel: number) {
  const showing = facts.showings[channel - 1]
  if (!showing) throw new RangeError(`The camera has no channel ${channel}`)
  return showing.video
}

function profile(facts: CameraFacts, stream: MediaStream, element: string): string {
  const hasPtz = facts.profile.services.ptz !== undefined
  return (
    `<${element} token="${escapeXml(stream.profileToken)}" fixed="true"><tt:Name>${stream.name}</tt:Name>` +
    sourceConfiguration(facts, stream.channel, 'tt:VideoSourceConfiguration') +
    audioSourceConfiguration(facts, 'tt:AudioSourceConfiguration') +
    encoder(stream, 'tt:VideoEncoderConfiguration') +
    audioEncoder(facts, 'tt:AudioEncoderConfiguration') +
    `${hasPtz ? ptzConfiguration('tt:PTZConfiguration', mediaStreams(facts).length) : ''}</${element}>`
  )
}

function resolution(width: number, height: number): string {
  return `<tt:Resolution><tt:Width>${width}</tt:Width><tt:Height>${height}</tt:Height></tt:Resolution>`
}

function videoSource(facts: CameraFacts, channel: number): string {
  const { width, height, framesPerSecond } = sceneOf(facts, channel)
  const token = ofChannel(facts.profile.tokens.source, channel)
  return `<trt:VideoSources token="${token}"><tt:Framerate>${framesPerSecond}</tt:Framerate>${resolution(width, height)}</trt:VideoSources>`
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

/** Empty for H.265, for which version 1 has no word. */
function encoder(stream: MediaStream, element: string): string {
  if (stream.showing.video.codec !== 'h264') return ''
  const { width, height, framesPerSecond, gopFrames, bitrateLimitKbit } = stream.showing.video
  return (
    `<${element} token="${stream.encoderToken}"><tt:Name>VideoEncoder_${stream.name}</tt:Name><tt:UseCount>1</tt:UseCount>` +
    `<tt:Encoding>H264</tt:Encoding>${resolution(width, height)}<tt:Quality>3</tt:Quality>` +
    `<tt:RateControl><tt:FrameRateLimit>${Math.round(framesPerSecond)}</tt:FrameRateLimit><tt:EncodingInterval>1</tt:EncodingInterval><tt:BitrateLimit>${bitrateLimitKbit}</tt:BitrateLimit></tt:RateControl>` +
    `<tt:H264><tt:GovLength>${gopFrames}</tt:GovLength><tt:H264Profile>${h264ProfileOf(stream.showing.video)}</tt:H264Profile></tt:H264>` +
    '<tt:Multicast><tt:Address><tt:Type>IPv4</tt:Type><tt:IPv4Address>0.0.0.0</tt:IPv4Address></tt:Address><tt:Port>0</tt:Port>' +
    `<tt:TTL>1</tt:TTL><tt:AutoStart>false</tt:AutoStart></tt:Multicast><tt:SessionTimeout>PT60S</tt:SessionTimeout></${element}>`
  )
}

/** By profile_idc (H.264, A.2), in ONVIF's words. */
function h264ProfileOf({ parameterSets }: Video): string {
  return { 66: 'Baseline', 77: 'Main', 88: 'Extended' }[parameterSets[0]?.[1] ?? 0] ?? 'High'
}
