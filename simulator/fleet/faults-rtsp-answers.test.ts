import { RtspClient } from 'yellowstone'
import type { RTSP_ANSWER_FAULTS } from '../faults/catalogue/rtsp.ts'
import {
  answering,
  behindLogin,
  type RtspEffect,
  sdpOf,
  testRtspFaults,
  toYellowstone,
  withClient,
} from './rtsp-effects.testing.ts'
import { type Seen, watch } from './yellowstone.testing.ts'

const refuses = (what: string) => toYellowstone(({ refused }) => refused.includes(what))
const describes = (isOdd: (sdp: string, seen: Seen) => boolean) =>
  toYellowstone((seen) => sdpOf(seen) !== '' && isOdd(sdpOf(seen), seen))
const told = ({ answers }: Seen) => Number(/Content-Length: (\d+)/i.exec(answers[0] ?? '')?.[1] ?? Number.NaN)
/** It has an answer, and waits for it still. */
const waitsInVain = ({ answers, outcome, steps }: Seen) => answers.length === 1 && outcome === 'connecting' && steps > 8
const isRefused = (answer = '') => /^RTSP\/1\.0 401[\s\S]*^WWW-Authenticate: Digest/m.test(answer)
const isDescription = (answer = '') => /^RTSP\/1\.0 200[\s\S]*v=0/.test(answer)
const spsIn = (seen: Seen) => seen.packets.find(({ payload }) => ((payload[0] ?? 0) & 0x1f) === 7)?.payload

testRtspFaults(RtspClient, '127.91.31.1', {
  'rtsp-options-501': refuses('OPTIONS 501'),
  'rtsp-describe-404': refuses('DESCRIBE 404'),
  // It doesn't follow.
  'rtsp-redirect': toYellowstone(
    (seen) => seen.refused.includes('DESCRIBE 302') && answering(seen, /^Location: rtsp:\/\/192\.0\.2\.1\/stream/m),
  ),
  'rtsp-setup-503': refuses('SETUP 503'),
  // It asks once more, and then waits for ever: its second request bears two CSeqs.
  'rtsp-play-401': toYellowstone(
    ({ answers, asked, outcome }) =>
      asked.at(-1) === 'PLAY' && asked.at(-2) === 'PLAY' && outcome === 'connecting' && isRefused(answers.at(-1)),
  ),
  'rtsp-play-454': refuses('PLAY 454'),
  'rtsp-parameter-400': refuses('GET_PARAMETER 400'),
  'rtsp-tcp-refused': refuses('SETUP 461'),
  // It has no UDP.
  'rtsp-udp-refused': [
    undefined,
    (stage) =>
      withClient(stage, async (client) => {
        const transport = { Transport: 'RTP/AVP;unicast;client_port=5000-5001' }
        return (await client.ask('SETUP', `${stage.uri}/trackID=1`, transport)).status === 461
      }),
  ],
  'rtsp-basic-too': [
    undefined,
    (stage) =>
      behindLogin(stage, async () => {
        const seen = await watch(stage, ({ asked, answers }) => asked.length > 10 || answers.length > 1)
        const wroteBasic = seen.requests.some((text) => /^Authorization: Basic YWRtaW46c2VjcmV0/m.test(text))
        return (
          wroteBasic && /^RTSP\/1\.0 401[\s\S]*Digest/.test(seen.answers[0] ?? '') && isDescription(seen.answers[1])
        )
      }),
  ],
  // Its own Digest never gets so far.
  'rtsp-nonce-expires': [
    2,
    (stage) =>
      behindLogin(stage, () =>
        withClient(stage, async (client) => {
          for (let i = 0; i < 2; i++) await client.ask('DESCRIBE', stage.uri)
          const { status, head } = await client.ask('DESCRIBE', stage.uri)
          return status === 401 && /stale="?true/i.test(head)
        }),
      ),
  ],
  'rtsp-slow-describe': toYellowstone(
    ({ answers, asked, steps }) => asked.length > 0 && answers.length === 0 && steps > 8,
    600,
  ),
  'rtsp-describe-empty': toYellowstone(
    ({ outcome, answers }) => outcome instanceof TypeError && /^RTSP\/1\.0 200/.test(answers[0] ?? ''),
  ),
  // It believes what came, whatever its length.
  'rtsp-describe-truncated': describes((sdp, seen) => sdp.length < told(seen) - 50 && !/trackID=2/.test(sdp)),
  'rtsp-describe-endless': toYellowstone(({ bytes }) => bytes > 2_000_000),
  'rtsp-content-length-short': describes((sdp, seen) => told(seen) === Math.floor(sdp.length / 2)),
  'rtsp-content-length-long': describes((sdp, seen) => told(seen) === sdp.length + 1000),
  'rtsp-content-length-missing': describes((_, { answers }) => !/Content-Length/i.test(answers[0] ?? '')),
  'rtsp-headers-odd-case': toYellowstone((seen) => waitsInVain(seen) && answering(seen, /^cSeQ: 1\r/m)),
  'rtsp-lf-only': toYellowstone(
    ({ answers, packets }) => packets.length > 0 && /^RTSP\/1\.0 200 OK\n[^\r]*\n\nv=0/.test(answers[0] ?? ''),
  ),
  'rtsp-cseq-wrong': toYellowstone((seen) => waitsInVain(seen) && answering(seen, /^CSeq: 1001\r/m)),
  // It goes by the address that it was given.
  'rtsp-content-base-wrong': describes((_, seen) => answering(seen, /^Content-Base: rtsp:\/\/192\.0\.2\.1\/stream/m)),
  'rtsp-content-base-missing': describes((_, { answers }) => !/Content-Base/i.test(answers[0] ?? '')),
  // It takes every control address for a relative one.
  'sdp-control-absolute': toYellowstone(
    (seen) => seen.refused.includes('SETUP 404') && /a=control:rtsp:\/\/127\.91\.31\.1:\d+\/stream/.test(sdpOf(seen)),
  ),
  'sdp-control-wrong-host': toYellowstone(
    (seen) => seen.refused.includes('SETUP 404') && /a=control:rtsp:\/\/192\.0\.2\.1\/stream/.test(sdpOf(seen)),
  ),
  'sdp-control-missing': refuses('SETUP 459'),
  'sdp-no-sprop': describes((sdp, { packets }) => packets.length > 0 && !/sprop/.test(sdp)),
  'sdp-sprop-wrong': describes((sdp, seen) => {
    const sps = spsIn(seen)?.toString('base64')
    return sps !== undefined && /sprop-parameter-sets=\S+,/.test(sdp) && !sdp.includes(sps)
  }),
  'sdp-codec-wrong': toYellowstone(({ format }) => format === 'H265'),
  'sdp-audio-first': describes((sdp) => sdp.indexOf('m=audio') < sdp.indexOf('m=video')),
  'sdp-metadata-track': describes((sdp) => /m=application 0 RTP\/AVP 107\r\na=rtpmap:107 vnd\.onvif/.test(sdp)),
} satisfies Record<keyof typeof RTSP_ANSWER_FAULTS, RtspEffect>)
