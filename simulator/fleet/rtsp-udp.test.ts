import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loadScenes } from '../imaging/scene.ts'
import { startFleet } from './index.ts'
import { ownNet } from './own-net.testing.ts'
import { reassemble, TestRtspClient } from './rtsp-client.testing.ts'
import { isFree, until } from './waiting.testing.ts'

const net = await ownNet()

const PASSWORD = 'secret'

/** A client that plays over UDP from a camera in a time that only the test moves on. */
async function playing(address: string) {
  const time = { nowMs: Date.now() }
  const fleet = await startFleet({
    cameras: [{ profile: 'tapo', eventIntervalMs: 0, address }],
    ...{ password: PASSWORD, httpPort: 0, rtspPort: 0, discoveryPort: 0, clock: () => time.nowMs },
  })
  const [camera] = fleet.cameras
  assert.ok(camera)
  const uri = `rtsp://${address}:${camera.rtspPort}/stream1`
  const client = await TestRtspClient.connect(address, camera.rtspPort, PASSWORD)
  const { transport, report } = await client.openPorts()
  const played = await client.play(uri, transport)
  const stop = async () => {
    client.socket.destroy()
    await fleet[Symbol.asyncDispose]()
  }
  return { time, uri, client, ...played, report: () => report(played.serverPort + 1), [Symbol.asyncDispose]: stop }
}

test('over UDP every picture comes in order from the port that was told, with sender reports at the next', async () => {
  await using one = await playing(net(1))
  const { client, time } = one
  const [scene] = await loadScenes()
  assert.ok(scene)
  for (let seconds = 1; seconds <= 12; seconds++) {
    time.nowMs += 1000
    await until(() => client.packets.filter(({ marker }) => marker).length >= seconds * 15 - 14, `second ${seconds}`)
  }
  const received = reassemble(client.packets)
  const slices = scene.accessUnits.map((unit) => unit.nalUnits.at(-1)?.toString('hex'))
  const first = slices.indexOf(received[0]?.nalUnits.at(-1)?.toString('hex'))
  assert.ok(received.length > 150, 'the loop was passed')
  for (const [i, { nalUnits }] of received.entries())
    assert.equal(nalUnits.at(-1)?.toString('hex'), slices[(first + i) % 150], `picture ${i}`)
  await until(() => client.reports.length >= 2, 'sender reports')
  assert.equal(client.reports[0]?.[1], 200)
  assert.equal(one.serverPort % 2, 0)
})

test('a receiver report keeps a UDP session alive, and silence ends it and frees its ports', async () => {
  await using one = await playing(net(2))
  one.time.nowMs += 59_000
  one.report()
  await new Promise((resolve) => setTimeout(resolve, 30))
  // Timers run before sockets are read: two more rounds of the loop, and the report has been heard before time goes on.
  for (let rounds = 0; rounds < 2; rounds++) await new Promise((resolve) => setImmediate(resolve))
  one.time.nowMs += 59_000
  await new Promise((resolve) => setTimeout(resolve, 60))
  assert.equal(one.client.socket.closed, false)
  assert.equal(await isFree(one.serverPort, net(2)), false)
  one.time.nowMs += 61_000
  await until(() => one.client.socket.closed, 'the end of the session')
  assert.ok(await isFree(one.serverPort, net(2)))
  assert.ok(await isFree(one.serverPort + 1, net(2)))
})

test('TEARDOWN frees the ports', async () => {
  await using one = await playing(net(3))
  assert.equal(await isFree(one.serverPort, net(3)), false)
  assert.equal((await one.client.ask('TEARDOWN', one.uri, { Session: one.session })).status, 200)
  assert.ok(await isFree(one.serverPort, net(3)))
  assert.ok(await isFree(one.serverPort + 1, net(3)))
})
