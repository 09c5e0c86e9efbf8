import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { markIn } from '../imaging/mark.ts'
import { loadScenes } from '../imaging/scene.ts'
import { type CameraOptions, startFleet } from './index.ts'
import { ownNet } from './own-net.testing.ts'
import { reassemble, TestRtspClient } from './rtsp-client.testing.ts'
import { until } from './waiting.testing.ts'

const net = await ownNet()

const PASSWORD = 'secret'
const PATH = '/stream1'

/** A camera in a time that only the test moves on. */
async function cameraInOwnTime(options: Partial<CameraOptions> & { address: string }) {
  const time = { nowMs: Date.now() }
  const fleet = await startFleet({
    cameras: [{ profile: 'tapo', eventIntervalMs: 0, ...options }],
    ...{ password: PASSWORD, httpPort: 0, rtspPort: 0, discoveryPort: 0, clock: () => time.nowMs },
  })
  const [camera] = fleet.cameras
  assert.ok(camera)
  const uri = `rtsp://${camera.address}:${camera.rtspPort}${PATH}`
  const client = await TestRtspClient.connect(camera.address, camera.rtspPort, PASSWORD)
  const stop = async () => {
    client.socket.destroy()
    await fleet[Symbol.asyncDispose]()
  }
  return { time, camera, uri, client, [Symbol.asyncDispose]: stop }
}

test('what is played is the asset, unit for unit, across the loop, with timestamps that only grow', async () => {
  await using one = await cameraInOwnTime({ address: net(1) })
  const { sdp, info } = await one.client.play(one.uri)
  const [scene] = await loadScenes()
  assert.ok(scene)
  assert.match(sdp, /m=video 0 RTP\/AVP 96/)
  assert.ok(sdp.includes(`sprop-parameter-sets=${scene.parameterSets.map((set) => set.toString('base64')).join(',')}`))
  const pictures = () => reassemble(one.client.packets)
  for (let seconds = 1; seconds <= 12; seconds++) {
    one.time.nowMs += 1000
    await until(
      () => one.client.packets.filter((packet) => packet.marker).length >= seconds * 15 - 14,
      `second ${seconds}`,
    )
  }
  const received = pictures()
  const starts = received[0]?.nalUnits.at(-1)
  const first = scene.accessUnits.findIndex((unit) => starts && unit.nalUnits.at(-1)?.equals(starts))
  assert.ok(scene.accessUnits[first]?.isKeyframe, 'it begins with a keyframe')
  const firstFrame = received[0]?.nalUnits.flatMap((unit) => markIn(unit) ?? [])[0]?.frame ?? 0
  for (const [i, picture] of received.entries()) {
    const marks = picture.nalUnits.flatMap((unit) => markIn(unit) ?? [])
    const unmarked = picture.nalUnits.filter((unit) => markIn(unit) === undefined)
    assert.deepEqual(unmarked, scene.accessUnits[(first + i) % 150]?.nalUnits, `picture ${i}`)
    assert.equal(marks.length, 1)
    assert.equal(marks[0]?.frame, firstFrame + i, 'each picture says its number, and none is missing')
    assert.equal(marks[0]?.clockMs, Math.floor(((firstFrame + i) * 1000) / 15), 'and its time')
    assert.equal(picture.timestamp, ((received[0]?.timestamp ?? 0) + i * 6000) % 2 ** 32)
  }
  assert.ok(received.length > 150, 'the loop was passed')
  assert.ok(
    one.client.packets.some((packet) => ((packet.payload[0] ?? 0) & 0x1f) === 28),
    'some units were fragmented',
  )
  for (const [i, packet] of one.client.packets.entries()) {
    assert.equal(packet.sequence, ((one.client.packets[0]?.sequence ?? 0) + i) % 65536)
    assert.ok(packet.payload.length <= 1400)
  }
  assert.match(info, new RegExp(`seq=${one.client.packets[0]?.sequence};rtptime=${received[0]?.timestamp}`))
  assert.ok(one.client.reports.length >= 2)
  assert.equal(one.client.reports[0]?.[1], 200, 'sender reports come in between')
})

test('the sub-stream shows the same pictures at the same time, smaller', async () => {
  await using one = await cameraInOwnTime({ address: net(8) })
  using other = await TestRtspClient.connect(net(8), one.camera.rtspPort, PASSWORD)
  await one.client.play(one.uri)
  await other.play(one.uri.replace(PATH, '/stream2'))
  one.time.nowMs += 2000
  await until(() => other.packets.length > 0 && one.client.packets.length > 0, 'both streams')
  const [scene] = await loadScenes()
  const [main, sub] = [one.client, other].map(({ packets }) => reassemble(packets))
  const slice = sub?.[0]?.nalUnits.at(-1)
  const index = scene?.sub.accessUnits.findIndex((unit) => slice && unit.nalUnits.at(-1)?.equals(slice)) ?? -1
  assert.ok(index >= 0)
  assert.deepEqual(main?.[0]?.nalUnits.at(-1), scene?.accessUnits[index]?.nalUnits.at(-1))
  const [mark, subMark] = [main, sub].map(
    (pictures) => pictures?.[0]?.nalUnits.flatMap((unit) => markIn(unit) ?? [])[0],
  )
  assert.ok(mark)
  assert.deepEqual(subMark, mark)
})

test('a file of the user’s own is streamed in place of the scene, and has no sub-stream', async () => {
  const video = fileURLToPath(new URL('../imaging/assets/garden-sub.h264', import.meta.url))
  await using one = await cameraInOwnTime({ address: net(9), video })
  await one.client.play(one.uri)
  one.time.nowMs += 2000
  await until(() => one.client.packets.length > 0, 'video')
  const scene = (await loadScenes()).find(({ name }) => name === 'garden')
  const slice = reassemble(one.client.packets)[0]?.nalUnits.at(-1)
  assert.ok(scene?.sub.accessUnits.some((unit) => slice && unit.nalUnits.at(-1)?.equals(slice)))
  assert.equal((await one.client.ask('DESCRIBE', one.uri.replace(PATH, '/stream2'))).status, 404)
})

test('nobody sees anything without the password, and every connection is in the journal', async () => {
  await using one = await cameraInOwnTime({ address: net(2) })
  using stranger = await TestRtspClient.connect(net(2), one.camera.rtspPort, 'wrong')
  assert.equal((await stranger.ask('OPTIONS', one.uri)).status, 200)
  assert.equal((await stranger.ask('DESCRIBE', one.uri)).status, 401)
  assert.equal((await stranger.ask('SETUP', `${one.uri}/trackID=1`)).status, 401)
  assert.equal(one.camera.journal.mediaConnections(), 2)
  assert.equal(one.camera.journal.counts().refusedCredentials, 2)
})

test('what cannot be played is refused by its own status', async () => {
  await using one = await cameraInOwnTime({ address: net(3) })
  const { client, uri } = one
  assert.equal((await client.ask('DESCRIBE', `${uri}9`)).status, 404)
  const statusOf = async (method: string, headers: Record<string, string>, target = uri) =>
    (await client.ask(method, target, headers)).status
  const setUp = (transport: string) => statusOf('SETUP', { Transport: transport }, `${uri}/trackID=1`)
  assert.equal(await setUp('RTP/AVP;multicast;client_port=4000-4001'), 461)
  assert.equal(await setUp('RTP/AVP;unicast;client_port=4000-4001;destination=127.0.0.9'), 461)
  assert.equal(await setUp('RTP/SAVP;unicast;client_port=4000-4001'), 461)
  assert.equal(await setUp('RTP/AVP/TCP;unicast;interleaved=255-256'), 461)
  assert.equal(await statusOf('SETUP', { Transport: 'RTP/AVP/TCP' }, `${uri}/trackID=9`), 404)
  assert.equal(await statusOf('PLAY', { Session: '1' }), 454)
  assert.equal(await statusOf('GET_PARAMETER', { Session: '1' }), 454)
  assert.equal(await statusOf('DESCRIBE', { Require: 'onvif-replay' }), 551)
  assert.equal(await statusOf('RECORD', {}), 501)
  const { session } = await client.play(uri)
  const other = { Session: session, Transport: 'RTP/AVP/TCP' }
  assert.equal(await statusOf('SETUP', other), 459, 'this stream has sound, too: each track by itself')
  assert.equal(await statusOf('SETUP', other, `${uri}/trackID=2`), 455, 'not while it plays')
  assert.equal(await statusOf('PAUSE', { Session: session }), 200)
  assert.equal(await statusOf('PAUSE', { Session: session }), 455, 'not while it does not')
  assert.equal(await statusOf('SETUP', { Transport: 'RTP/AVP/TCP' }, `${uri}/trackID=1`), 455, 'no second session')
  assert.equal(await statusOf('SETUP', other, `${uri}/trackID=2`), 200)
  assert.equal(await statusOf('PLAY', { Session: session }, `${uri}/trackID=2`), 460, 'both or none')
  assert.equal(await statusOf('SETUP', other, `${uri.replace(PATH, '/stream2')}/trackID=2`), 459, 'of another stream')
  assert.equal(await statusOf('TEARDOWN', { Session: session }), 200)
  assert.equal(await statusOf('PLAY', { Session: session }), 454)
})

test('paused, nothing comes; resumed, it goes on at a keyframe, and no sequence number is missing', async () => {
  await using one = await cameraInOwnTime({ address: net(7) })
  const { client, uri, time } = one
  const { session } = await client.play(uri)
  time.nowMs += 2000
  await until(() => client.packets.length > 0, 'video')
  assert.equal((await client.ask('PAUSE', uri, { Session: session })).status, 200)
  const before = client.packets.length
  time.nowMs += 8000
  await client.ask('GET_PARAMETER', uri, { Session: session })
  await new Promise((resolve) => setTimeout(resolve, 60))
  assert.equal(client.packets.length, before)
  const resumed = await client.ask('PLAY', uri, { Session: session })
  time.nowMs += 1000
  await until(() => client.packets.length > before, 'video again')
  const next = client.packets[before]
  assert.ok(resumed.head.includes(`seq=${next?.sequence};rtptime=${next?.timestamp}`))
  assert.equal(next?.sequence, ((client.packets[before - 1]?.sequence ?? 0) + 1) % 65536)
  assert.equal((next?.payload[0] ?? 0) & 0x1f, 7, 'with the parameter sets first')
})

test('a session lives while it is heard of, and ends after sixty silent seconds', async () => {
  await using one = await cameraInOwnTime({ address: net(4) })
  const { session } = await one.client.play(one.uri)
  one.time.nowMs += 59_000
  assert.equal((await one.client.ask('GET_PARAMETER', one.uri, { Session: session })).status, 200)
  one.time.nowMs += 59_000
  assert.equal((await one.client.ask('GET_PARAMETER', one.uri, { Session: session })).status, 200)
  one.time.nowMs += 61_000
  await until(() => one.client.socket.closed, 'the connection to be closed')
})

test('after TEARDOWN no packet comes, and while stalled none either', async () => {
  await using one = await cameraInOwnTime({ address: net(5), faults: ['rtsp-stall'] })
  const { session } = await one.client.play(one.uri)
  one.time.nowMs += 5000
  await one.client.ask('GET_PARAMETER', one.uri, { Session: session })
  await new Promise((resolve) => setTimeout(resolve, 60))
  assert.equal(one.client.packets.length, 0)
  one.camera.clearFault('rtsp-stall')
  one.time.nowMs += 2000
  await until(() => one.client.packets.length > 0, 'video after the stall')
  assert.equal((await one.client.ask('TEARDOWN', one.uri, { Session: session })).status, 200)
  const before = one.client.packets.length
  one.time.nowMs += 2000
  await new Promise((resolve) => setTimeout(resolve, 60))
  assert.equal(one.client.packets.length, before)
})

test('a client that does not read is cut off', async () => {
  await using one = await cameraInOwnTime({ address: net(6) })
  const { session } = await one.client.play(one.uri)
  one.client.socket.pause()
  let steppedMs = 0
  await until(() => {
    // Longer steps than the pacer's own, so that it sends each and leaves none out.
    if (performance.now() - steppedMs < 25) return one.client.socket.destroyed
    steppedMs = performance.now()
    one.time.nowMs += 4900
    one.client.write('GET_PARAMETER', one.uri, { Session: session })
    return one.client.socket.destroyed
  }, 'the slow client to be cut')
})
