import { RtspClient } from 'yellowstone'
import type { RTSP_SESSION_FAULTS } from '../faults/catalogue/rtsp.ts'
import { TestRtspClient } from './rtsp-client.testing.ts'
import {
  answering,
  passUntil,
  type RtspEffect,
  testRtspFaults,
  toYellowstone,
  withClient,
} from './rtsp-effects.testing.ts'
import { type Seen, type Stage, watch } from './yellowstone.testing.ts'

const plays = ({ packets }: Seen) => packets.length > 10
const setUpWith = (pattern: RegExp, isOdd: (seen: Seen) => boolean = plays, value?: number) =>
  toYellowstone((seen) => answering(seen, pattern) && isOdd(seen), value)
const crashed = ({ crashes }: Seen, pattern: RegExp) => crashes.some((error) => pattern.test(String(error)))
/** Frames came that yellowstone looked for on another channel. */
const overheard = ({ packets, bytes }: Seen) => bytes > 20_000 && packets.length === 0
const endedWithin = (ms: number) => (seen: Seen) => plays(seen) && seen.ended && seen.passedMs < ms

/** A client that asks nothing but this, for longer than a session lives. */
const keptAliveBy = (wrong: string, right: string): RtspEffect => [
  undefined,
  async (stage) => {
    const options = (method: string) => ({ stepMs: 4000, stepsMax: 28, asks: [method] })
    const [lost, kept] = [
      await watch(stage, ({ ended }) => ended, options(wrong)),
      await watch(stage, ({ ended }) => ended, options(right)),
    ]
    return lost.ended && plays(lost) && !kept.ended && plays(kept)
  },
]

testRtspFaults(RtspClient, '127.91.31.2', {
  'rtsp-stall': toYellowstone(
    ({ outcome, packets, ended, passedMs, quietSteps }) =>
      outcome === 'playing' && packets.length === 0 && !ended && passedMs > 8000 && quietSteps < 6,
  ),
  'rtsp-session-odd': setUpWith(/^Session: {3}\d+ ; {2}TimeOut = 60 \r/m),
  // It takes the id for a number, which loses its last digits.
  'rtsp-session-long': toYellowstone(
    (seen) => seen.refused.includes('PLAY 454') && answering(seen, /^Session: \d{20}\r/m),
  ),
  'rtsp-timeout-short': [
    5,
    async (stage) => {
      const seen = await watch(stage, ({ ended }) => ended, { asks: [], stepsMax: 40 })
      return answering(seen, /^Session: \d+;timeout=5\r/m) && endedWithin(20_000)(seen)
    },
  ],
  'rtsp-timeout-untold': [
    5,
    async (stage) => {
      const seen = await watch(stage, ({ ended }) => ended, { asks: [], stepsMax: 40 })
      return answering(seen, /^Session: \d+\r/m) && endedWithin(20_000)(seen)
    },
  ],
  'rtsp-keep-alive-options': keptAliveBy('GET_PARAMETER', 'OPTIONS'),
  'rtsp-keep-alive-parameter': keptAliveBy('OPTIONS', 'GET_PARAMETER'),
  'rtsp-transport-bare': setUpWith(/^Transport: RTP\/AVP\/TCP;unicast\r/m),
  'rtsp-channels-other': setUpWith(/^Transport: .*interleaved=4-5/m, overheard),
  'rtsp-channels-untold': setUpWith(/^Transport: .*interleaved=0-1/m, overheard),
  'rtsp-ssrc-untrue': setUpWith(
    /ssrc=DEADBEEF/,
    ({ packets: [first] }) => first !== undefined && first.ssrc !== 0xdeadbeef,
  ),
  'rtsp-info-missing': toYellowstone(
    (seen) => plays(seen) && answering(seen, /^Range: npt=0-/m) && !answering(seen, /^RTP-Info/m),
  ),
  'rtsp-info-wrong': setUpWith(
    /^RTP-Info: .*;seq=1;rtptime=1\b/m,
    (seen) => plays(seen) && seen.packets[0]?.sequence !== 1,
  ),
  'rtsp-cut-after': toYellowstone((seen) => endedWithin(20_000)(seen) && seen.error === '', 3),
  'rtsp-reset-mid-frame': toYellowstone((seen) => plays(seen) && seen.error === 'ECONNRESET', 3),
  'rtsp-goes-silent': toYellowstone((seen) => plays(seen) && !seen.ended && seen.quietSteps > 20, 3),
  'rtsp-asks-options': setUpWith(/^OPTIONS rtsp:\/\/\S+ RTSP\/1\.0\r\nCSeq: 1\r\nSession: \d+/, plays, 2),
  // It answers, and fails to write its answer.
  'rtsp-asks-announce': setUpWith(/^ANNOUNCE rtsp:/, (seen) => crashed(seen, /TypeError/), 2),
  'rtsp-teardown-closes': [
    undefined,
    async (stage) => {
      const isDone = ({ asked, ended, steps }: Seen) => asked.includes('TEARDOWN') && (ended || steps > 30)
      const seen = await watch(stage, isDone, { asks: ['TEARDOWN'] })
      return seen.ended && !seen.refused.includes('TEARDOWN 454')
    },
  ],
  'rtsp-clients-max': [
    1,
    (stage) =>
      withClient(stage, async (first) => {
        await first.ask('OPTIONS', stage.uri)
        const { refused } = await watch(stage, (seen) => seen.refused.length > 0 || plays(seen))
        return refused.includes('SETUP 453')
      }),
  ],
  'rtsp-crowd-dies': [
    1,
    async (stage) => {
      using first = await firstOf(stage)
      const { packets } = await watch(stage, (seen) => seen.outcome instanceof Error || seen.ended || plays(seen))
      return packets.length === 0 && (await passUntil(stage, () => first.socket.destroyed))
    },
  ],
  // Of each piece of the stream, it reads what comes before the garbage.
  'interleaved-garbage': toYellowstone(
    ({ packets, bytes }) => bytes > 50_000 && packets.reduce((sum, { raw }) => sum + raw.length, 0) < bytes / 2,
  ),
  // It takes the next frame's head for this one's end.
  'interleaved-length-wrong': toYellowstone(({ packets }) =>
    packets.some(({ raw }) => raw.at(-4) === 0x24 && raw.at(-3) === 0),
  ),
  'interleaved-cut': toYellowstone((seen) => crashed(seen, /RangeError/)),
  // It leaves out all channels but two without a word.
  'interleaved-stray': [
    undefined,
    (stage) =>
      withClient(stage, async (client) => {
        await client.play(stage.uri)
        return await passUntil(stage, () => client.reports.some((one) => one.toString() === 'ZZZZZZZZ'), 500, 12)
      }),
  ],
} satisfies Record<keyof typeof RTSP_SESSION_FAULTS, RtspEffect>)

/** The only client: the camera may not know yet that those before it have gone. */
async function firstOf({ camera, uri }: Stage): Promise<TestRtspClient> {
  for (let tries = 0; ; tries++) {
    try {
      const client = await TestRtspClient.connect(camera.address, camera.rtspPort, '')
      await client.ask('OPTIONS', uri)
      return client
    } catch (error) {
      if (tries === 20) throw error
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
}
