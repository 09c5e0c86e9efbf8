import { escapeXml } from '../discovery/xml.ts'
import { audioEncoder, audioOperations, audioSourceConfiguration } from './audio.ts'
import { mediaCapabilities } from './capabilities.ts'
import { type CameraFacts, httpUri, type Operations, ofChannel } from './facts.ts'
import { encoder, encoderOperations, profileAsked } from './media-encoders.ts'
import { configuration as ptzConfiguration } from './ptz-spaces.ts'
import type { SoapRequest } from './soap.ts'
import { type MediaStream, mediaStreams } from './streams.ts'
import { sourceConfiguration, sourceOperations } from './video-sources.ts'

/** The media service, version 1 (ONVIF Media 5). Each stream has one profile. */
export function mediaOperations(facts: CameraFacts): Operations {
  const streams = mediaStreams(facts)
  const eachStream = (element: (stream: MediaStream) => string) => streams.map(element).join('')
  const asked = (request: SoapRequest) => profileAsked(facts, request)
  return {
    ...audioOperations(facts),
    ...sourceOperations(facts),
    ...encoderOperations(facts),
    GetServiceCapabilities: () =>
      `<trt:GetServiceCapabilitiesResponse>${mediaCapabilities(facts)}</trt:GetServiceCapabilitiesResponse>`,
    GetProfiles: () =>
      `<trt:GetProfilesResponse>${eachStream((stream) => profile(facts, stream, 'trt:Profiles'))}</trt:GetProfilesResponse>`,
    GetProfile: (request) =>
      `<trt:GetProfileResponse>${profile(facts, asked(request), 'trt:Profile')}</trt:GetProfileResponse>`,
    GetStreamUri: (request) => {
      const uri = `rtsp://${facts.address}:${facts.ports.rtsp}${asked(request).path}`
      return mediaUri('GetStreamUri', uri)
    },
    // Every stream has a keyframe each second, which is as soon as any camera gives one.
    SetSynchronizationPoint: (request) => {
      asked(request)
      return '<trt:SetSynchronizationPointResponse/>'
    },
    GetOSDs: () => '<trt:GetOSDsResponse/>',
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

function profile(facts: CameraFacts, stream: MediaStream, element: string): string {
  const hasPtz = facts.profile.services.ptz !== undefined
  return (
    `<${element} token="${escapeXml(stream.profileToken)}" fixed="true"><tt:Name>${stream.name}</tt:Name>` +
    sourceConfiguration(facts, stream.channel, 'tt:VideoSourceConfiguration') +
    audioSourceConfiguration(facts, 'tt:AudioSourceConfiguration') +
    encoder(facts, stream, 'tt:VideoEncoderConfiguration') +
    audioEncoder(facts, 'tt:AudioEncoderConfiguration') +
    `${hasPtz ? ptzConfiguration('tt:PTZConfiguration', mediaStreams(facts).length) : ''}</${element}>`
  )
}
