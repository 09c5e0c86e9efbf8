import { child, escapeXml } from '../discovery/xml.ts'
import { channelAsked, channelsOf } from './channels.ts'
import { type CameraFacts, dateTime, httpUri, type Operations, ofChannel } from './facts.ts'
import type { SoapRequest } from './soap.ts'

const RECORDING = 'RecordingToken_{channel}'
const TRACK = 'VIDEO001'
/** A recorder has kept its channels for that long when it starts. */
const KEPT_MS = 7 * 86_400_000

export const recordingCapabilities = (facts: CameraFacts) =>
  '<trc:Capabilities DynamicRecordings="false" DynamicTracks="false" Encoding="H264" MaxRate="8192" MaxTotalRate="131072" ' +
  `MaxRecordings="${facts.profile.channels}" MaxRecordingJobs="${facts.profile.channels}" Options="true"/>`
export const replayCapabilities = () =>
  '<trp:Capabilities ReversePlayback="false" SessionTimeoutRange="10 60" RTP_RTSP_TCP="true"/>'

export function recordingToken(channel: number): string {
  return ofChannel(RECORDING, channel)
}

export const trackToken = TRACK

/** From when on a recorder has something, by its own clock. */
export function recordedFromMs(facts: CameraFacts): number {
  return facts.startedMs - KEPT_MS + facts.cameraNow() - facts.now()
}

function recordingAsked(facts: CameraFacts, request: SoapRequest): number {
  return channelAsked(facts, request, 'RecordingToken', RECORDING, 'ter:NoRecording')
}

/** The recording service (ONVIF Recording 5): one recording for each channel, always recording. */
export function recordingOperations(facts: CameraFacts): Operations {
  const answer = (operation: string, inner: string) => `<trc:${operation}Response>${inner}</trc:${operation}Response>`
  const track = '<tt:TrackType>Video</tt:TrackType><tt:Description>Video</tt:Description>'
  const item = (channel: number) =>
    `<trc:RecordingItem><tt:RecordingToken>${recordingToken(channel)}</tt:RecordingToken><tt:Configuration>${configuration(facts, channel)}</tt:Configuration>` +
    `<tt:Tracks><tt:Track><tt:TrackToken>${TRACK}</tt:TrackToken><tt:Configuration>${track}</tt:Configuration></tt:Track></tt:Tracks></trc:RecordingItem>`
  const job = (channel: number) =>
    `<trc:JobItem><tt:JobToken>RecordingJob_${channel}</tt:JobToken><tt:JobConfiguration><tt:RecordingToken>${recordingToken(channel)}</tt:RecordingToken>` +
    '<tt:Mode>Active</tt:Mode><tt:Priority>1</tt:Priority></tt:JobConfiguration></trc:JobItem>'
  const each = (element: (channel: number) => string) => channelsOf(facts).map(element).join('')
  return {
    GetServiceCapabilities: () => answer('GetServiceCapabilities', recordingCapabilities(facts)),
    GetRecordings: () => answer('GetRecordings', each(item)),
    GetRecordingJobs: () => answer('GetRecordingJobs', each(job)),
    GetRecordingConfiguration: (request) => {
      const inner = configuration(facts, recordingAsked(facts, request))
      return answer('GetRecordingConfiguration', `<trc:RecordingConfiguration>${inner}</trc:RecordingConfiguration>`)
    },
    GetRecordingOptions: (request) => {
      recordingAsked(facts, request)
      return answer(
        'GetRecordingOptions',
        '<trc:Options><trc:Job Spare="0"/><trc:Track SpareTotal="0" SpareVideo="0" SpareAudio="0" SpareMetadata="0"/></trc:Options>',
      )
    },
  }
}

function source(facts: CameraFacts, channel: number): string {
  return (
    `<tt:Source><tt:SourceId>${escapeXml(httpUri(facts, facts.profile.paths.device))}</tt:SourceId><tt:Name>Channel ${channel}</tt:Name>` +
    `<tt:Location>Site</tt:Location><tt:Description>Camera ${channel}</tt:Description><tt:Address>${escapeXml(httpUri(facts, ''))}</tt:Address></tt:Source>`
  )
}

function configuration(facts: CameraFacts, channel: number): string {
  return `${source(facts, channel)}<tt:Content>Continuous</tt:Content><tt:MaximumRetentionTime>P7D</tt:MaximumRetentionTime>`
}

/** tt:RecordingInformation, as the search service tells it. */
export function recordingInformation(facts: CameraFacts, channel: number): string {
  const [from, until] = [dateTime(recordedFromMs(facts)), dateTime(facts.cameraNow())]
  return (
    `<tt:RecordingInformation><tt:RecordingToken>${recordingToken(channel)}</tt:RecordingToken>${source(facts, channel)}` +
    `<tt:EarliestRecording>${from}</tt:EarliestRecording><tt:LatestRecording>${until}</tt:LatestRecording><tt:Content>Continuous</tt:Content>` +
    `<tt:Track><tt:TrackToken>${TRACK}</tt:TrackToken><tt:TrackType>Video</tt:TrackType><tt:Description>Video</tt:Description>` +
    `<tt:DataFrom>${from}</tt:DataFrom><tt:DataTo>${until}</tt:DataTo></tt:Track><tt:RecordingStatus>Recording</tt:RecordingStatus></tt:RecordingInformation>`
  )
}

/** The replay service (ONVIF Replay 5). What is played back is the channel's own loop. */
export function replayOperations(facts: CameraFacts): Operations {
  const answer = (operation: string, inner: string) => `<trp:${operation}Response>${inner}</trp:${operation}Response>`
  return {
    GetServiceCapabilities: () => answer('GetServiceCapabilities', replayCapabilities()),
    GetReplayUri: (request) => {
      const path = ofChannel(facts.profile.paths.stream, recordingAsked(facts, request))
      return answer(
        'GetReplayUri',
        `<trp:Uri>${escapeXml(`rtsp://${facts.address}:${facts.ports.rtsp}${path}`)}</trp:Uri>`,
      )
    },
    GetReplayConfiguration: () =>
      answer(
        'GetReplayConfiguration',
        '<trp:Configuration><tt:SessionTimeout>PT60S</tt:SessionTimeout></trp:Configuration>',
      ),
  }
}

/** The channels that a search's scope includes: all, where it names none. */
export function channelsInScope(facts: CameraFacts, request: SoapRequest): number[] {
  const named = (child(request.body, 'Scope')?.children ?? [])
    .filter(({ local }) => local === 'IncludedRecordings')
    .map(({ text }) => text)
  return channelsOf(facts).filter((channel) => named.length === 0 || named.includes(recordingToken(channel)))
}
