import { type Asker, textIn } from './asking.ts'

/** Recording, search and replay, of one recorder. */
export async function askRecordings(asker: Asker): Promise<void> {
  const recording = (operation: string, inner = '') => asker.ask('trc', `<trc:${operation}>${inner}</trc:${operation}>`)
  const token = textIn(await recording('GetRecordings'), 'RecordingToken')
  for (const operation of ['GetRecordingConfiguration', 'GetRecordingOptions'])
    await recording(operation, `<trc:RecordingToken>${token}</trc:RecordingToken>`)
  const job = textIn(await recording('GetRecordingJobs'), 'JobToken')
  for (const operation of ['GetRecordingJobConfiguration', 'GetRecordingJobState'])
    await recording(operation, `<trc:JobToken>${job}</trc:JobToken>`)
  if (asker.has('tse')) await askSearch(asker, token)
  if (!asker.has('trp')) return
  const setup = '<tt:Stream>RTP-Unicast</tt:Stream><tt:Transport><tt:Protocol>RTSP</tt:Protocol></tt:Transport>'
  await asker.ask(
    'trp',
    `<trp:GetReplayUri><trp:StreamSetup>${setup}</trp:StreamSetup><trp:RecordingToken>${token}</trp:RecordingToken></trp:GetReplayUri>`,
  )
}

async function askSearch(asker: Asker, recording: string): Promise<void> {
  const search = (operation: string, inner = '') => asker.ask('tse', `<tse:${operation}>${inner}</tse:${operation}>`)
  await search('GetRecordingInformation', `<tse:RecordingToken>${recording}</tse:RecordingToken>`)
  await search(
    'GetMediaAttributes',
    `<tse:RecordingTokens>${recording}</tse:RecordingTokens><tse:Time>2026-01-01T00:00:00Z</tse:Time>`,
  )
  const alive = '<tse:KeepAliveTime>PT30S</tse:KeepAliveTime>'
  const begun = await search('FindRecordings', `<tse:Scope/>${alive}`)
  const found = `<tse:SearchToken>${textIn(begun, 'SearchToken')}</tse:SearchToken>`
  await search('GetSearchState', found)
  await search('GetRecordingSearchResults', `${found}<tse:MaxResults>3</tse:MaxResults>`)
  await search('GetEventSearchResults', found)
  await search('EndSearch', found)
  const events =
    '<tse:StartPoint>2020-01-01T00:00:00Z</tse:StartPoint><tse:Scope/><tse:SearchFilter/>' +
    `<tse:IncludeStartState>false</tse:IncludeStartState>${alive}`
  const token = textIn(await search('FindEvents', events), 'SearchToken')
  await search('GetEventSearchResults', `<tse:SearchToken>${token}</tse:SearchToken>`)
  await search('EndSearch', '<tse:SearchToken>none</tse:SearchToken>')
}
