import type { FaultName } from '../../faults/fault.ts'
import type { FaultSwitches } from '../../faults/switches.ts'
import type { RtspRequest } from '../reader.ts'
import { type AnswerRule, withHeader } from './rule.ts'

const ALL = ['SETUP', 'PLAY', 'PAUSE', 'GET_PARAMETER', 'SET_PARAMETER', 'TEARDOWN']

const header = (methods: readonly string[], name: string, change: (text: string, value: number) => string) => ({
  methods,
  change: ((answer, _, value) => withHeader(answer, name, (text) => change(text, value))) as AnswerRule['change'],
})

/** With the eight digits of a session's own id, twenty: more than a number of JavaScript's, or of 64 bits, can hold exactly. */
const ID_TAIL = '000000000007'
const CHANNELS_FURTHER = 4

const furtherChannels = (text: string) =>
  text.replace(/(interleaved=)(\d+)(?:-(\d+))?/g, (_, name, rtp, rtcp = Number(rtp) + 1) => {
    return `${name}${Number(rtp) + CHANNELS_FURTHER}-${Number(rtcp) + CHANNELS_FURTHER}`
  })

/** How a camera tells its sessions wrongly, or oddly. */
export const SESSIONS: Partial<Record<FaultName, AnswerRule>> = {
  'rtsp-session-odd': header(ALL, 'Session', (text) => `  ${text.replace(/;\s*timeout=/i, ' ;  TimeOut = ')} `),
  'rtsp-session-long': header(ALL, 'Session', (text) => text.replace(/;.*/, '') + ID_TAIL),
  'rtsp-timeout-short': header(['SETUP'], 'Session', (text, seconds) =>
    text.replace(/timeout=\d+/, `timeout=${Math.max(1, Math.round(seconds))}`),
  ),
  'rtsp-timeout-untold': header(['SETUP'], 'Session', (text) => text.replace(/;.*/, '')),
  'rtsp-transport-bare': header(['SETUP'], 'Transport', (text) => text.split(';').slice(0, 2).join(';')),
  'rtsp-ssrc-untrue': header(['SETUP'], 'Transport', (text) => text.replace(/ssrc=\w+/, 'ssrc=DEADBEEF')),
  'rtsp-info-missing': { methods: ['PLAY'], change: (answer) => withHeader(answer, 'RTP-Info', () => undefined) },
  'rtsp-info-wrong': header(['PLAY'], 'RTP-Info', (text) => text.replace(/seq=\d+;rtptime=\d+/g, 'seq=1;rtptime=1')),
}

/** Rewrites a request before anyone looks at it, so that the camera's own answers fit what it told. */
const HEARINGS: Partial<Record<FaultName, (text: string) => string>> = {
  'rtsp-tcp-refused': (transport) => without(transport, /^RTP\/AVP\/TCP/i),
  'rtsp-udp-refused': (transport) => without(transport, /^RTP\/AVP(\/UDP)?(;|$)/i),
  'rtsp-channels-other': furtherChannels,
}

/** A client's Transport header without such choices. */
function without(transport: string, refused: RegExp): string {
  const choices = transport.split(',').filter((choice) => !refused.test(choice.trim()))
  return choices.join(',')
}

/** What the camera understands of a request. */
export function hearWrongly(request: RtspRequest, faults: FaultSwitches): RtspRequest {
  if (faults.isEmpty) return request
  const headers = new Map(request.headers)
  const session = headers.get('session')
  if (session?.includes(ID_TAIL)) headers.set('session', session.replace(ID_TAIL, ''))
  for (const [change] of faults.active(HEARINGS)) {
    const transport = headers.get('transport')
    if (transport !== undefined) headers.set('transport', change(transport))
  }
  return { ...request, headers }
}

/** The frame's channel as it is really sent. */
export function channelWrongly(channel: number, faults: FaultSwitches): number {
  return faults.isOn('rtsp-channels-untold') ? channel + CHANNELS_FURTHER : channel
}
