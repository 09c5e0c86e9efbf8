import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { markIn } from '../imaging/mark.ts'
import { loadScenes } from '../imaging/scene.ts'
import { startFleet } from './index.ts'
import { ownNet } from './own-net.testing.ts'
import { type RtpPacket, TestRtspClient } from './rtsp-client.testing.ts'

const net = await ownNet()

const FRAGMENTATION_UNIT = 49

/** Puts NAL units together again, one list for each marked access unit (RFC 7798, 4.4). */
function reassemble(packets: readonly RtpPacket[]): Buffer[][] {
  const pictures: Buffer[][] = [[]]
  let fragments: Buffer[] = []
  for (const { payload, marker } of packets) {
    const [first = 0, second = 0, header = 0] = payload
    if ((first >> 1) % 64 === FRAGMENTATION_UNIT) {
      if (header & 0x80) fragments = [Buffer.from([(first & 0x81) | ((header & 0x3f) << 1), second])]
      fragments.push(payload.subarray(3))
      if (header & 0x40) pictures.at(-1)?.push(Buffer.concat(fragments))
    } else pictures.at(-1)?.push(payload)
    if (marker) pictures.push([])
  }
  return pictures.slice(0, -1)
}

test('H.265 is played unit for unit, marked, across the loop', async () => {
  const time = { nowMs: Date.now() }
  await using fleet = await startFleet({
    cameras: [{ profile: 'vigi', eventIntervalMs: 0, address: net(1) }],
    ...{ password: 'secret', httpPort: 0, rtspPort: 0, discoveryPort: 0, clock: () => time.nowMs },
  })
  const port = fleet.cameras[0]?.rtspPort ?? 0
  using client = await TestRtspClient.connect(net(1), port, 'secret')
  const { sdp } = await client.play(`rtsp://${net(1)}:${port}/stream1`)
  const scene = (await loadScenes())[0]?.h265
  assert.ok(scene)
  const [vps, sps, pps] = scene.parameterSets.map((set) => set.toString('base64'))
  assert.match(sdp, /a=rtpmap:96 H265\/90000/)
  assert.ok(sdp.includes(`a=fmtp:96 sprop-vps=${vps};sprop-sps=${sps};sprop-pps=${pps}\r\n`))
  for (let seconds = 1; seconds <= 12; seconds++) {
    time.nowMs += 1000
    const deadline = performance.now() + 20_000
    while (client.packets.filter(({ marker }) => marker).length < seconds * 15 - 14) {
      assert.ok(performance.now() < deadline, `waited in vain for second ${seconds}`)
      await new Promise((resolve) => setTimeout(resolve, 2))
    }
  }
  const received = reassemble(client.packets)
  const unmarked = received.map((units) => units.filter((unit) => markIn(unit) === undefined))
  const frames = received.flatMap((units) => units.flatMap((unit) => markIn(unit)?.frame ?? []))
  const first = scene.accessUnits.findIndex(({ nalUnits }) =>
    unmarked[0]?.at(-1)?.equals(nalUnits.at(-1) ?? Buffer.alloc(0)),
  )
  assert.ok(scene.accessUnits[first]?.isKeyframe)
  assert.ok(received.length > 150, 'the loop was passed')
  for (const [i, units] of unmarked.entries()) {
    assert.deepEqual(units, scene.accessUnits[(first + i) % 150]?.nalUnits, `picture ${i}`)
    assert.equal(frames[i], (frames[0] ?? 0) + i)
  }
  assert.ok(
    client.packets.some(({ payload }) => ((payload[0] ?? 0) >> 1) % 64 === FRAGMENTATION_UNIT),
    'some units were fragmented',
  )
})

test('a file of the user’s own makes any camera one of H.265', async () => {
  const video = fileURLToPath(new URL('../imaging/assets/garden.h265', import.meta.url))
  await using fleet = await startFleet({
    cameras: [{ profile: 'plain', eventIntervalMs: 0, address: '127.91.8.2', video }],
    ...{ password: 'secret', httpPort: 0, rtspPort: 0, discoveryPort: 0 },
  })
  const port = fleet.cameras[0]?.rtspPort ?? 0
  using client = await TestRtspClient.connect('127.91.8.2', port, 'secret')
  const { sdp } = await client.play(`rtsp://127.91.8.2:${port}/stream/1`)
  const [vps] = (await loadScenes()).find(({ name }) => name === 'garden')?.h265.parameterSets ?? []
  assert.ok(sdp.includes(`a=rtpmap:96 H265/90000\r\na=fmtp:96 sprop-vps=${vps?.toString('base64')};`))
})
