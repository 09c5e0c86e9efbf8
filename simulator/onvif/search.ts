import { child, descend } from '../discovery/xml.ts'
import { channelAsked, channelsOf } from './channels.ts'
import { notificationMessage } from './event-message.ts'
import { type CameraFacts, dateTime, type Operations } from './facts.ts'
import { channelsInScope, recordedFromMs, recordingInformation, recordingToken, trackToken } from './recordings.ts'
import { invalidArgument, SoapFault, type SoapRequest } from './soap.ts'
import type { Subscriptions } from './subscriptions.ts'

const SEARCHES_MAX = 10
const RESULTS_MAX = 1000

export const searchCapabilities = () => '<tse:Capabilities MetadataSearch="false" GeneralStartEvents="false"/>'

interface Search {
  readonly kind: 'Recording' | 'Event'
  /** Not yet fetched; each result is fetched once. */
  readonly results: string[]
}

const answer = (operation: string, inner: string) => `<tse:${operation}Response>${inner}</tse:${operation}Response>`

/** The search service (ONVIF Recording Search 5): what was recorded, and what the recorder raised since it started. */
export function searchOperations(facts: CameraFacts, subscriptions: Subscriptions): Operations {
  const searches = new Searches()
  return {
    GetServiceCapabilities: () => answer('GetServiceCapabilities', searchCapabilities()),
    GetRecordingSummary: () =>
      answer(
        'GetRecordingSummary',
        `<tse:Summary><tt:DataFrom>${dateTime(recordedFromMs(facts))}</tt:DataFrom><tt:DataUntil>${dateTime(facts.cameraNow())}</tt:DataUntil>` +
          `<tt:NumberRecordings>${facts.profile.channels}</tt:NumberRecordings></tse:Summary>`,
      ),
    GetRecordingInformation: (request) => {
      const channel = channelAsked(facts, request, 'RecordingToken', 'RecordingToken_{channel}', 'ter:NoRecording')
      const information = recordingInformation(facts, channel).replaceAll(
        'tt:RecordingInformation',
        'tse:RecordingInformation',
      )
      return answer('GetRecordingInformation', information)
    },
    GetMediaAttributes: (request) => answer('GetMediaAttributes', mediaAttributes(facts, request)),
    FindRecordings: (request) =>
      searches.begin(
        request,
        'Recording',
        channelsInScope(facts, request).map((channel) => recordingInformation(facts, channel)),
      ),
    GetRecordingSearchResults: (request) => searches.fetch(request, 'Recording'),
    FindEvents: (request) => searches.begin(request, 'Event', eventsAsked(facts, subscriptions, request)),
    GetEventSearchResults: (request) => searches.fetch(request, 'Event'),
    GetSearchState: (request) => {
      searches.asked(request)
      return answer('GetSearchState', '<tse:State>Completed</tse:State>')
    },
    EndSearch: (request) => {
      searches.end(request)
      return answer('EndSearch', `<tse:Endpoint>${dateTime(facts.cameraNow())}</tse:Endpoint>`)
    },
  }
}

/** The running searches of one recorder: bounded, so the oldest ends when one too many is begun. */
class Searches {
  readonly #running = new Map<string, Search>()
  #last = 0

  begin(request: SoapRequest, kind: Search['kind'], found: readonly string[]): string {
    const wanted = Number(child(request.body, 'MaxMatches')?.text ?? RESULTS_MAX)
    const token = `SearchToken_${++this.#last}`
    this.#running.set(token, {
      kind,
      results: found.slice(0, wanted > 0 ? Math.min(wanted, RESULTS_MAX) : RESULTS_MAX),
    })
    const [oldest] = this.#running.keys()
    if (this.#running.size > SEARCHES_MAX && oldest !== undefined) this.#running.delete(oldest)
    return answer(`Find${kind}s`, `<tse:SearchToken>${token}</tse:SearchToken>`)
  }

  asked(request: SoapRequest): Search {
    const token = child(request.body, 'SearchToken')?.text ?? ''
    const search = this.#running.get(token)
    if (!search) throw invalidArgument('ter:InvalidToken', `There is no search "${token}"`)
    return search
  }

  fetch(request: SoapRequest, kind: Search['kind']): string {
    const search = this.asked(request)
    if (search.kind !== kind)
      throw new SoapFault('Sender', ['ter:InvalidArgVal', 'ter:InvalidToken'], `No ${kind} search`)
    const limit = Number(child(request.body, 'MaxResults')?.text ?? RESULTS_MAX)
    const some = search.results.splice(0, limit > 0 ? limit : RESULTS_MAX)
    const operation = `Get${kind}SearchResults`
    return answer(
      operation,
      `<tse:ResultList><tt:SearchState>Completed</tt:SearchState>${some.join('')}</tse:ResultList>`,
    )
  }

  end(request: SoapRequest): void {
    this.asked(request)
    this.#running.delete(child(request.body, 'SearchToken')?.text ?? '')
  }
}

function eventsAsked(facts: CameraFacts, subscriptions: Subscriptions, request: SoapRequest): string[] {
  const moment = (element: string, usual: number) => {
    const text = descend(request.body, element)?.text
    const time = text === undefined ? usual : Date.parse(text)
    if (Number.isNaN(time)) throw invalidArgument('ter:InvalidArgs', `"${text ?? ''}" is no time`)
    return time
  }
  const bounds = [moment('StartPoint', 0), moment('EndPoint', Number.MAX_SAFE_INTEGER)]
  const [from, until] = [Math.min(...bounds), Math.max(...bounds)]
  const channels = channelsInScope(facts, request)
  return subscriptions.history
    .filter(({ channel, cameraTimeMs }) => channels.includes(channel) && cameraTimeMs >= from && cameraTimeMs <= until)
    .map((message) => {
      const event = notificationMessage(facts.profile, message)
        .replace('<wsnt:NotificationMessage>', '<tt:Event>')
        .replace('</wsnt:NotificationMessage>', '</tt:Event>')
      return (
        `<tt:Result><tt:RecordingToken>${recordingToken(message.channel)}</tt:RecordingToken><tt:TrackToken>${trackToken}</tt:TrackToken>` +
        `<tt:Time>${dateTime(message.cameraTimeMs)}</tt:Time>${event}<tt:StartStateEvent>false</tt:StartStateEvent></tt:Result>`
      )
    })
}

function mediaAttributes(facts: CameraFacts, request: SoapRequest): string {
  const named = request.body.children.filter(({ local }) => local === 'RecordingTokens').map(({ text }) => text)
  const [from, until] = [dateTime(recordedFromMs(facts)), dateTime(facts.cameraNow())]
  return channelsOf(facts)
    .filter((channel) => named.length === 0 || named.includes(recordingToken(channel)))
    .map((channel) => {
      const scene = facts.showings[channel - 1]?.video
      return (
        `<tse:MediaAttributes><tt:RecordingToken>${recordingToken(channel)}</tt:RecordingToken><tt:TrackAttributes><tt:TrackInformation>` +
        `<tt:TrackToken>${trackToken}</tt:TrackToken><tt:TrackType>Video</tt:TrackType><tt:Description>Video</tt:Description>` +
        `<tt:DataFrom>${from}</tt:DataFrom><tt:DataTo>${until}</tt:DataTo></tt:TrackInformation><tt:VideoAttributes>` +
        `<tt:Width>${scene?.width ?? 0}</tt:Width><tt:Height>${scene?.height ?? 0}</tt:Height><tt:Encoding>${scene?.codec.toUpperCase() ?? 'H264'}</tt:Encoding>` +
        `<tt:Framerate>${scene?.framesPerSecond ?? 0}</tt:Framerate></tt:VideoAttributes></tt:TrackAttributes>` +
        `<tt:From>${from}</tt:From><tt:Until>${until}</tt:Until></tse:MediaAttributes>`
      )
    })
    .join('')
}
