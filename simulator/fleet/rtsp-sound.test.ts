import assert from 'node:assert/strict'
import { test } from 'node:test'
import { markIn } from '../imaging/mark.ts'
import { loadSounds } from '../imaging/sound.ts'
import { type ProfileName, startFleet } from './index.ts'
import { ownNet } from './own-net.testing.ts'
import { reassemble, TestRtspClient } from './rtsp-client.testing.ts'

const net = await ownNet()

const PASSWORD = 'secret'
const NTP_OFFSET_S = 2_208_988_800

/** Ten seconds of both tracks, from a camera in a time that only the test moves on. */
async function listen(profile: ProfileName, path: string, address: string) {
  const time = { nowMs: Date.now() }
  await using fleet = await startFleet({
    cameras: [{ profile, eventIntervalMs: 0, address }],
    ...{ password: PASSWORD, httpPort: 0, rtspPort: 0, discoveryPort: 0, clock: () => time.nowMs },
  })
  const [camera] = fleet.cameras
  assert.ok(camera)
  using client = await TestRtspClient.connect(address, camera.rtspPort, PASSWORD)
  const { sdp, info } = await client.play(`rtsp://${address}:${camera.rtspPort}${path}`, undefined, true)
  for (let seconds = 1; seconds <= 10; seconds++) {
    time.nowMs += 1000
    const frames = seconds * 15 - 14
    const deadline = performance.now() + 20_000
    while (client.packets.filter(({ marker }) => marker).length < frames) {
      assert.ok(performance.now() < deadline, `waited in vain for second ${seconds}`)
      await new Promise((resolve) => setTimeout(resolve, 2))
    }
  }
  return { sdp, info, packets: client.packets, sound: client.sound, reports: client.reports }
}

/** G.711's definition of µ-law, the other way round. */
function decodeMuLaw(code: number): number {
  const bits = ~code & 0xff
  const magnitude = ((((bits & 0x0f) << 3) + 0x84) << ((bits >> 4) & 7)) - 0x84
  return bits & 0x80 ? -magnitude : magnitude
}

test('G.711 clicks at each whole second of the camera’s clock, by its own sender report', async () => {
  const { sdp, packets, sound, reports } = await listen('tapo', '/stream1', net(1))
  assert.match(sdp, /m=audio 0 RTP\/AVP 0\r\na=rtpmap:0 PCMU\/8000\r\na=ptime:20\r\na=control:trackID=2/)
  const first = sound[0]
  const report = reports.find((one) => one.length > 20 && one.readUInt32BE(4) === first?.ssrc)
  assert.ok(first && report, 'a sender report of the sound')
  for (const [i, { sequence, timestamp, payload }] of sound.entries()) {
    assert.equal(payload.length, 160)
    assert.equal(sequence, (first.sequence + i) % 65536)
    assert.equal(timestamp, (first.timestamp + i * 160) % 2 ** 32)
  }
  const ntpMs = (report.readUInt32BE(8) - NTP_OFFSET_S + report.readUInt32BE(12) / 2 ** 32) * 1000
  const samples = sound.flatMap(({ payload }) => [...payload].map(decodeMuLaw))
  const clicks = samples.flatMap((sample, i) => (sample > 20_000 && !((samples[i - 1] ?? 0) > 20_000) ? [i] : []))
  // A click is 0.8 for half a millisecond, -0.8 for the next, four times over.
  const starts = clicks.filter((at, i) => at - (clicks[i - 1] ?? -9999) > 4000)
  assert.ok(starts.length >= 8, `${starts.length} clicks`)
  for (const at of starts) {
    const ticks = (first.timestamp + at - report.readUInt32BE(16)) | 0
    const intoSecondMs = (ntpMs + ticks / 8) % 1000
    assert.ok(Math.min(intoSecondMs, 1000 - intoSecondMs) < 0.3, `a click at ${intoSecondMs} ms`)
  }
  const firstPicture = reassemble(packets)[0]?.nalUnits.flatMap((unit) => markIn(unit) ?? [])[0]
  const beganMs = ntpMs + ((first.timestamp - report.readUInt32BE(16)) | 0) / 8
  const apartMs = beganMs - (firstPicture?.clockMs ?? 0)
  assert.ok(apartMs > -1 && apartMs <= 21, `sound begins ${apartMs} ms after the first picture`)
})

test('AAC comes frame by frame, across its loop, in packets as RFC 3640 has them', async () => {
  const { sdp, info, sound } = await listen('reolink', '/h264Preview_01_main', net(2))
  assert.match(sdp, /m=audio 0 RTP\/AVP 97\r\na=rtpmap:97 MPEG4-GENERIC\/16000\/1\r\n.*mode=AAC-hbr;.*config=1408/)
  const { aac } = await loadSounds()
  const first = sound[0]
  assert.ok(first && sound.length > aac.units.length)
  assert.ok(info.endsWith(`trackID=2;seq=${first.sequence};rtptime=${first.timestamp}`))
  // Silent units are equal to one another: only a whole loop says where it began.
  const loop = sound.slice(0, aac.units.length).map(({ payload }) => payload.subarray(4))
  const unitAt = (i: number) => aac.units[i % aac.units.length] ?? Buffer.alloc(0)
  const start = aac.units.findIndex((_, at) => loop.every((heard, i) => heard.equals(unitAt(at + i))))
  assert.ok(start >= 0, 'the units come in their order')
  for (const [i, { timestamp, payload, marker }] of sound.entries()) {
    assert.ok(marker)
    assert.equal(payload.readUInt16BE(0), 16, 'one header of 16 bits')
    assert.equal(payload.readUInt16BE(2), (payload.length - 4) << 3)
    assert.deepEqual(payload.subarray(4), unitAt(start + i))
    assert.equal(timestamp, (first.timestamp + i * 1024) % 2 ** 32)
  }
})
