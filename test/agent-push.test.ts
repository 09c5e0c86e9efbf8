import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from '../agent/base/clock.ts'
import { Secret } from '../agent/base/secret.ts'
import { Consumer } from '../agent/events/consumer.ts'
import { watchEvents } from '../agent/events/watch.ts'
import { openDevice } from '../agent/onvif/device.ts'
import { startFleet } from '../simulator/fleet/index.ts'
import { freeNet } from './harness/ports.ts'
import { until } from './harness/until.ts'

const PASSWORD = 'correct horse'
const never = new AbortController().signal

test('a camera without pull points posts its events, and is let go of at the end', async () => {
  const options = { httpPort: 0, rtspPort: 0, discoveryPort: 0, multicast: false, password: PASSWORD }
  const cameras = [{ profile: 'plain' as const, faults: ['create-404'], eventIntervalMs: 0 }]
  await using fleet = await startFleet({ cameras, firstAddress: freeNet(), ...options })
  const [camera] = fleet.cameras
  assert.ok(camera)
  const device = await openDevice({ address: camera.address, port: camera.httpPort, clock: systemClock, signal: never })
  device.use({ username: 'admin', password: new Secret(PASSWORD) })
  using consumer = new Consumer()
  const stop = new AbortController()
  const seen: string[] = []
  const watching = (async () => {
    const around = { clock: systemClock, signal: stop.signal, consumer }
    for await (const { kind, active } of watchEvents(() => device, around)) seen.push(`${kind} ${active}`)
  })()
  const asked = (operation: string) => camera.journal.requests().some((each) => each.operation === operation)
  await until('a subscription', () => asked('Subscribe'))
  camera.raise('motion')
  await until('the motion', () => seen.includes('motion true'))
  stop.abort()
  await watching
  assert.ok(asked('Unsubscribe'))
  assert.equal(consumer.isOpen, false)
  assert.equal(asked('PullMessages'), false)
})
