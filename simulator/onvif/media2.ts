import { child, escapeXml } from '../discovery/xml.ts'
import { audio2Operations, audioEncoder2, audioSourceConfiguration } from './audio.ts'
import { type CameraFacts, httpUri, type Operations, ofChannel } from './facts.ts'
import { encoder2, encoder2Operations, streamsNamed } from './media2-encoders.ts'
import { configuration as ptzConfiguration } from './ptz-spaces.ts'
import { invalidArgument, type SoapRequest } from './soap.ts'
import { type MediaStream, mediaStreams } from './streams.ts'
import { sourceConfiguration, sourceOptions } from './video-sources.ts'

export function media2Capabilities(facts: CameraFacts): string {
  return (
    '<tr2:Capabilities SnapshotUri="true" Rotation="false" OSD="false" Mask="false">' +
    `<tr2:ProfileCapabilities MaximumNumberOfProfiles="${mediaStreams(facts).length}" ConfigurationsSupported="${configurationTypes(facts).join(' ')}"/>` +
    '<tr2:StreamingCapabilities RTSPStreaming="true" RTPMulticast="false" RTP_RTSP_TCP="true"/></tr2:Capabilities>'
  )
}

/** The kinds of configuration that a media profile can hold. */
function configurationTypes({ profile }: CameraFacts): string[] {
  const sound = profile.audio === undefined ? [] : ['AudioSource', 'AudioEncoder']
  return ['VideoSource', 'VideoEncoder', ...sound, ...(profile.services.ptz === undefined ? [] : ['PTZ'])]
}

const answer = (operation: string, inner: string) => `<tr2:${operation}Response>${inner}</tr2:${operation}Response>`

/** The media service, version 2 (ONVIF Media2 5): the same profiles as version 1 has, in its own words. */
export function media2Operations(facts: CameraFacts): Operations {
  const streams = mediaStreams(facts)
  const named = (request: SoapRequest, token: string, nameOf: (stream: MediaStream) => string, subcode: string) =>
    streamsNamed(streams, request, token, nameOf, subcode)
  const asked = (request: SoapRequest): MediaStream => {
    const [stream] = child(request.body, 'ProfileToken')
      ? named(request, 'ProfileToken', ({ profileToken }) => profileToken, 'ter:NoProfile')
      : []
    if (!stream) throw invalidArgument('ter:NoProfile', 'A ProfileToken is needed')
    return stream
  }
  return {
    ...encoder2Operations(facts),
    ...audio2Operations(facts),
    GetServiceCapabilities: () => answer('GetServiceCapabilities', media2Capabilities(facts)),
    GetProfiles: (request) => {
      const wanted = named(request, 'Token', ({ profileToken }) => profileToken, 'ter:NoProfile')
      return answer('GetProfiles', wanted.map((stream) => profile(facts, stream, typesIn(request))).join(''))
    },
    GetVideoSourceConfigurations: (request) => {
      const { config } = facts.profile.tokens
      const wanted = named(request, 'ConfigurationToken', ({ channel }) => ofChannel(config, channel), 'ter:NoConfig')
      const channels = [...new Set(wanted.map(({ channel }) => channel))]
      const rows = channels.map((channel) => sourceConfiguration(facts, channel, 'tr2:Configurations'))
      return answer('GetVideoSourceConfigurations', rows.join(''))
    },
    GetVideoSourceConfigurationOptions: (request) =>
      answer('GetVideoSourceConfigurationOptions', sourceOptions(facts, request, 'tr2:Options')),
    SetSynchronizationPoint: (request) => {
      asked(request)
      return '<tr2:SetSynchronizationPointResponse/>'
    },
    GetOSDs: () => '<tr2:GetOSDsResponse/>',
    GetMasks: () => '<tr2:GetMasksResponse/>',
    GetStreamUri: (request) => {
      const uri = `rtsp://${facts.address}:${facts.ports.rtsp}${asked(request).path}`
      return answer('GetStreamUri', `<tr2:Uri>${escapeXml(uri)}</tr2:Uri>`)
    },
    GetSnapshotUri: (request) => {
      const uri = httpUri(facts, ofChannel(facts.profile.paths.snapshot, asked(request).channel))
      return answer('GetSnapshotUri', `<tr2:Uri>${escapeXml(uri)}</tr2:Uri>`)
    },
  }
}

/** The kinds of configuration that GetProfiles wants to see; without any it wants none (ONVIF Media2 5.2.3). */
function typesIn(request: SoapRequest): ReadonlySet<string> {
  return new Set(request.body.children.filter(({ local }) => local === 'Type').map(({ text }) => text))
}

function profile(facts: CameraFacts, stream: MediaStream, types: ReadonlySet<string>): string {
  const has = (type: string) => types.has(type) || types.has('All')
  const parts = [
    has('VideoSource') ? sourceConfiguration(facts, stream.channel, 'tr2:VideoSource') : '',
    has('AudioSource') ? audioSourceConfiguration(facts, 'tr2:AudioSource') : '',
    has('VideoEncoder') ? encoder2(facts, stream, 'tr2:VideoEncoder') : '',
    has('AudioEncoder') ? audioEncoder2(facts, 'tr2:AudioEncoder') : '',
    has('PTZ') && facts.profile.services.ptz ? ptzConfiguration('tr2:PTZ', mediaStreams(facts).length) : '',
  ].join('')
  const configurations = parts === '' ? '' : `<tr2:Configurations>${parts}</tr2:Configurations>`
  return `<tr2:Profiles token="${escapeXml(stream.profileToken)}" fixed="true"><tr2:Name>${stream.name}</tr2:Name>${configurations}</tr2:Profiles>`
}
