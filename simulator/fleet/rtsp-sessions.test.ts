import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { startFleet } from './index.ts'
import { TestRtspClient } from './rtsp-client.testing.ts'
import { isFree, until } from './waiting.testing.ts'

const PASSWORD = 'secret'
const BYE = 203

/** Two clients of a camera in a time that only the test moves on: one plays over UDP to the other's ports. */
async function playingToAnother(address: string) {
  const time = { nowMs: Date.now() }
  const fleet = await startFleet({
    cameras: [{ profile: 'tapo', eventIntervalMs: 0, address }],
    ...{ password: PASSWORD, httpPort: 0, rtspPort: 0, discoveryPort: 0, clock: () => time.nowMs },
  })
  const port = fleet.cameras[0]?.rtspPort ?? 0
  const uri = `rtsp://${address}:${port}/stream1`
  const [client, other] = await Promise.all([0, 1].map(() => TestRtspClient.connect(address, port, PASSWORD)))
  assert.ok(client && other)
  const { transport, report } = await other.openPorts()
  const { session, serverPort } = await client.play(uri, transport)
  // Learns the camera's challenge.
  await other.ask('DESCRIBE', uri)
  const stop = async () => {
    for (const one of [client, other]) one.socket.destroy()
    await fleet[Symbol.asyncDispose]()
  }
  return {
    ...{ time, uri, client, other, session, serverPort, camera: fleet.cameras[0] },
    report: () => report(serverPort + 1),
    isFree: () => isFree(serverPort, address),
    [Symbol.asyncDispose]: stop,
  }
}

/** The type of a compound RTCP packet's last part, and the source that it is about (RFC 3550, 6.6). */
function lastPart(packet: Buffer | undefined): readonly [type: number | undefined, ssrc: number | undefined] {
  return [packet?.at(-7), packet?.readUInt32BE(packet.length - 4)]
}

test('over UDP a session goes on without its connection, as long as reports come, and ends with a BYE', async () => {
  await using one = await playingToAnother('127.91.9.1')
  const { client, other, time } = one
  time.nowMs += 2000
  await until(() => other.packets.length > 0, 'video')
  client.socket.destroy()
  await once(client.socket, 'close')
  for (let round = 0; round < 4; round++) {
    // More than a minute in all; the other connection must live, too.
    time.nowMs += 44_000
    one.report()
    assert.equal((await other.ask('OPTIONS', one.uri)).status, 200)
    const before = other.packets.length
    await until(() => {
      time.nowMs += 20
      return other.packets.length > before
    }, 'video without the connection')
  }
  assert.equal(lastPart(other.reports.at(-1))[0] === BYE, false)
  time.nowMs += 61_000
  await until(() => lastPart(other.reports.at(-1))[0] === BYE, 'the BYE')
  assert.equal(lastPart(other.reports.at(-1))[1], other.packets[0]?.ssrc)
  assert.ok(await one.isFree())
})

test('another connection may name a session, keep it alive, pause it, play it on and tear it down', async () => {
  await using one = await playingToAnother('127.91.9.2')
  const { client, other, time, session } = one
  const ask = async (method: string, from = other) => (await from.ask(method, one.uri, { Session: session })).status
  time.nowMs += 50_000
  assert.equal(await ask('GET_PARAMETER'), 200)
  time.nowMs += 50_000
  assert.equal(await ask('PAUSE'), 200)
  assert.equal(await ask('PAUSE', client), 455)
  assert.equal((await other.ask('SETUP', `${one.uri}/trackID=2`, { Session: session })).status, 455, 'but not widen it')
  assert.equal(await ask('PLAY'), 200)
  const before = other.packets.length
  time.nowMs += 2000
  await until(() => other.packets.length > before, 'video')
  assert.equal(await ask('TEARDOWN'), 200)
  await until(() => lastPart(other.reports.at(-1))[0] === BYE, 'the BYE')
  assert.equal(await ask('GET_PARAMETER', client), 454)
  assert.ok(await one.isFree())
})

test('a camera that is switched off takes its sessions with it, without a word', async () => {
  await using one = await playingToAnother('127.91.9.3')
  one.time.nowMs += 2000
  await until(() => one.other.packets.length > 0, 'video')
  one.client.socket.destroy()
  await once(one.client.socket, 'close')
  await one.camera?.switchOff()
  await until(one.isFree, 'the ports')
  assert.equal(
    one.other.reports.some((report) => lastPart(report)[0] === BYE),
    false,
  )
})

test('in the connection a BYE comes before TEARDOWN is answered, and a session ends with its connection', async () => {
  const time = { nowMs: Date.now() }
  await using fleet = await startFleet({
    cameras: [{ profile: 'tapo', eventIntervalMs: 0, address: '127.91.9.4' }],
    ...{ password: PASSWORD, httpPort: 0, rtspPort: 0, discoveryPort: 0, clock: () => time.nowMs },
  })
  const port = fleet.cameras[0]?.rtspPort ?? 0
  const uri = `rtsp://127.91.9.4:${port}/stream1`
  using first = await TestRtspClient.connect('127.91.9.4', port, PASSWORD)
  using second = await TestRtspClient.connect('127.91.9.4', port, PASSWORD)
  const played = await first.play(uri)
  time.nowMs += 2000
  await until(() => first.packets.length > 0, 'video')
  assert.equal((await first.ask('TEARDOWN', uri, { Session: played.session })).status, 200)
  assert.deepEqual(lastPart(first.reports.at(-1)), [BYE, first.packets[0]?.ssrc])
  const { session } = await second.play(uri)
  await first.ask('DESCRIBE', uri)
  assert.equal((await first.ask('GET_PARAMETER', uri, { Session: session })).status, 200)
  second.socket.destroy()
  await until(
    async () => (await first.ask('GET_PARAMETER', uri, { Session: session })).status === 454,
    'the end of the session',
  )
})
