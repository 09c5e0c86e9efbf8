import { RtspClient } from 'yellowstone'
import type { RTP_PICTURE_FAULTS } from '../faults/catalogue/rtp.ts'
import { parseSps } from '../imaging/sps.ts'
import { passUntil, type RtspEffect, testRtspFaults, toYellowstone, withClient } from './rtsp-effects.testing.ts'
import { type Seen, watch } from './yellowstone.testing.ts'

const SPS = 7
const PPS = 8
const FU_A = 28
const STAP_A = 24

const typeOf = (payload: Buffer) => (payload[0] ?? 0) & 0x1f
const ofType = ({ packets }: Seen, type: number) => packets.filter(({ payload }) => typeOf(payload) === type)
const fragments = (seen: Seen) => ofType(seen, FU_A).map(({ payload }) => payload.readUInt8(1))
const pictures = ({ packets }: Seen) => packets.filter(({ marker }) => marker)
/** The units of the first packet that gathers some. */
function aggregated(seen: Seen): Buffer[] {
  const units: Buffer[] = []
  let rest = ofType(seen, STAP_A)[0]?.payload.subarray(1) ?? Buffer.alloc(0)
  while (rest.length >= 2) {
    const end = 2 + rest.readUInt16BE(0)
    units.push(rest.subarray(2, end))
    rest = rest.subarray(end)
  }
  return units
}
const playsWith = (isOdd: (seen: Seen) => boolean, value?: number) =>
  toYellowstone((seen) => pictures(seen).length > 20 && isOdd(seen), value)

testRtspFaults(RtspClient, '127.91.31.4', {
  'sps-change': toYellowstone((seen) => {
    const widths = new Set(ofType(seen, SPS).map(({ payload }) => parseSps(payload).width))
    return widths.has(640) && widths.has(1280)
  }, 2),
  'sets-not-in-band': playsWith((seen) => ofType(seen, SPS).length + ofType(seen, PPS).length === 0),
  // A keyframe a second is usual: with one in ten, two at most.
  'keyframes-rare': toYellowstone((seen) => pictures(seen).length > 150 && ofType(seen, SPS).length <= 2, 10),
  'play-mid-gop': [
    undefined,
    async (stage) => {
      // By chance a keyframe may be next.
      for (let i = 0; i < 5; i++) {
        const { packets } = await watch(stage, (seen) => seen.packets.length > 0)
        const [first] = packets
        if (first && typeOf(first.payload) !== SPS) return true
        stage.time.nowMs += 200
      }
      return false
    },
  ],
  'stap-a': playsWith((seen) => {
    const [sps, pps] = aggregated(seen)
    return sps !== undefined && pps !== undefined && typeOf(sps) === SPS && typeOf(pps) === PPS
  }),
  'fu-no-end': playsWith((seen) => {
    const flags = fragments(seen)
    return flags.some((flag) => flag & 0x80) && flags.every((flag) => (flag & 0x40) === 0)
  }),
  'fu-single': playsWith((seen) => fragments(seen).some((flags) => (flags & 0xc0) === 0xc0)),
  // It fails to read a packet that short.
  'access-unit-delimiters': [
    undefined,
    (stage) =>
      withClient(stage, async (client) => {
        await client.play(stage.uri)
        await passUntil(stage, () => client.packets.length > 50)
        const begins = client.packets.filter((_, i) => client.packets[i - 1]?.marker ?? true)
        return begins.length > 5 && begins.every(({ payload }) => payload.toString('hex') === '09f0')
      }),
  ],
  'nal-unknown': playsWith((seen) => ofType(seen, 22).length >= pictures(seen).length),
  'nal-start-codes': playsWith(({ packets }) => packets.some(({ payload }) => payload.readUInt32BE(0) === 1)),
  'rtp-empty': toYellowstone(({ crashes }) => crashes.some((error) => /Bug in RTSP data framing/.test(String(error)))),
  // It sets up nothing but the picture.
  'video-silent': toYellowstone(
    ({ packets, reports, outcome }) => outcome === 'playing' && reports.length > 1 && packets.length === 0,
  ),
  'audio-silent': [
    undefined,
    (stage) =>
      withClient(stage, async (client) => {
        await client.play(stage.uri, 'RTP/AVP/TCP;unicast;interleaved=0-1', true)
        await passUntil(stage, () => client.packets.length > 50)
        return client.packets.length > 50 && client.sound.length === 0
      }),
  ],
} satisfies Record<keyof typeof RTP_PICTURE_FAULTS, RtspEffect>)
