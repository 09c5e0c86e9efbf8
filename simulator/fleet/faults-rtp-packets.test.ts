import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { RtspClient } from 'yellowstone'
import type { RTP_PACKET_FAULTS } from '../faults/catalogue/rtp.ts'
import { passUntil, type RtspEffect, sdpOf, testRtspFaults, toYellowstone, withClient } from './rtsp-effects.testing.ts'
import { type Seen, type WholePacket, watch } from './yellowstone.testing.ts'

const crashed = ({ crashes }: Seen, pattern: RegExp) => crashes.some((error) => pattern.test(String(error)))

/** What one packet is ahead of the one before it, round the end of that many bits. */
const steps = (packets: readonly WholePacket[], value: (packet: WholePacket) => number, bits: number) =>
  packets.slice(1).map((packet, i) => {
    const before = packets[i]
    return before ? (value(packet) - value(before) + 2 ** bits) % 2 ** bits : 0
  })
const sequenceSteps = ({ packets }: Seen) => steps(packets, ({ sequence }) => sequence, 16)
const pictures = ({ packets }: Seen) => packets.filter(({ marker }) => marker)
const pictureTicks = (seen: Seen) => steps(pictures(seen), ({ timestamp }) => timestamp, 32)
const all = (seen: Seen, isSo: (packet: WholePacket) => boolean) => seen.packets.length > 60 && seen.packets.every(isSo)
const firstByteHas = (bit: number) => (seen: Seen) => all(seen, ({ raw }) => (raw.readUInt8(0) & bit) !== 0)

const TICKS_PER_PICTURE = 6000
const SECONDS_1900_TO_1970 = 2_208_988_800

/** The packets that came, counted from the one that RTP-Info announced. */
function arrivals({ answers, packets }: Seen): string {
  const first = Number(/RTP-Info: .*;seq=(\d+)/.exec(answers.join())?.[1])
  return packets
    .slice(0, 50)
    .map(({ sequence }) => (sequence - first + 2 ** 16) % 2 ** 16)
    .join()
}

testRtspFaults(RtspClient, '127.91.31.3', {
  'rtp-loss': [
    30,
    async (stage) => {
      const isEnough = ({ packets }: Seen) => packets.length > 60
      const [one, other] = [await watch(stage, isEnough, { asks: [] }), await watch(stage, isEnough, { asks: [] })]
      return sequenceSteps(one).some((step) => step > 1) && arrivals(one) === arrivals(other)
    },
  ],
  'rtp-reorder': toYellowstone((seen) => sequenceSteps(seen).some((step) => step > 2 ** 15), 30),
  'rtp-duplicate': toYellowstone((seen) => sequenceSteps(seen).includes(0), 30),
  // A step of the test's time is half a second, and has 8 pictures.
  'rtp-bursts': toYellowstone((seen) => {
    const counts = Map.groupBy(pictures(seen), ({ step }) => step)
    return [...counts.values()].some(({ length }) => length >= 40)
  }, 4000),
  'rtp-sequence-jump': toYellowstone((seen) => sequenceSteps(seen).includes(1001), 1),
  'rtp-timestamp-jump': toYellowstone((seen) => {
    const back = 2 ** 32 - 60 * 90_000 + TICKS_PER_PICTURE
    return pictureTicks(seen).some((ticks) => ticks === back)
  }, -60),
  'rtp-timestamp-frozen': toYellowstone(
    (seen) => pictures(seen).length > 20 && pictureTicks(seen).every((ticks) => ticks === 0),
  ),
  'rtp-clock-rate': toYellowstone(
    (seen) => pictures(seen).length > 20 && pictureTicks(seen).every((ticks) => Math.abs(ticks - 8000 / 15) < 2),
    8000,
  ),
  'rtp-ssrc-change': toYellowstone(({ packets }) => new Set(packets.map(({ ssrc }) => ssrc)).size > 2, 1),
  'rtp-marker-missing': toYellowstone((seen) => all(seen, ({ marker }) => !marker)),
  'rtp-marker-always': toYellowstone((seen) => all(seen, ({ marker }) => marker)),
  'rtp-payload-type-wrong': toYellowstone(
    (seen) => all(seen, ({ payloadType }) => payloadType === 107) && /m=video 0 RTP\/AVP 96\r/.test(sdpOf(seen)),
  ),
  'rtp-padding': toYellowstone((seen) => firstByteHas(0x20)(seen) && all(seen, ({ raw }) => raw.at(-1) === 4)),
  // It takes the extension for payload.
  'rtp-header-extension': toYellowstone(
    (seen) => firstByteHas(0x10)(seen) && all(seen, ({ payload }) => payload.readUInt32BE(0) === 0xabac0003),
  ),
  'rtp-csrc': toYellowstone((seen) => crashed(seen, /Bug in RTSP data framing/)),
  // It has no UDP.
  'rtp-other-port': [
    undefined,
    (stage) =>
      withClient(stage, async (client) => {
        const socket = createSocket('udp4')
        client.socket.once('close', () => socket.close())
        socket.bind(0, '127.0.0.1')
        await once(socket, 'listening')
        const ports: number[] = []
        socket.on('message', (_, { port }) => ports.push(port))
        const { port } = socket.address()
        const { serverPort } = await client.play(stage.uri, `RTP/AVP;unicast;client_port=${port}-${port + 1}`)
        await passUntil(stage, () => ports.length > 20)
        return ports.length > 20 && ports.every((one) => one !== serverPort)
      }),
  ],
  'rtcp-none': toYellowstone((seen) => pictures(seen).length > 150 && seen.reports.length === 0),
  'rtcp-ntp-wrong': [
    -3600,
    async (stage) => {
      const { reports } = await watch(stage, (seen) => seen.reports.length > 0)
      const told = (reports[0]?.readUInt32BE(8) ?? 0) - SECONDS_1900_TO_1970
      return Math.abs(told + 3600 - stage.time.nowMs / 1000) < 60
    },
  ],
  'rtcp-truncated': toYellowstone((seen) => crashed(seen, /RangeError/) && seen.reports.length === 0),
} satisfies Record<keyof typeof RTP_PACKET_FAULTS, RtspEffect>)
