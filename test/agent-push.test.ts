import assert from 'node:assert/strict'
import { request } from 'node:http'
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

const NOTIFY =
  '<s:Envelope><s:Body><Notify><NotificationMessage><Topic>tns1:VideoSource/MotionAlarm</Topic><Message><Message PropertyOperation="Changed"><Data><SimpleItem Name="State" Value="true"/></Data></Message></Message></NotificationMessage></Notify></s:Body></s:Envelope>'

/** Posts from that address of this machine; the status of the answer. */
function post(url: URL, localAddress: string): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  request(url, { method: 'POST', agent: false, localAddress }, (response) => resolve(response.statusCode ?? 0))
    .on('error', reject)
    .end(NOTIFY)
  return promise
}

test('a camera without pull points posts its events, and is let go of at the end', async () => {
  const options = { httpPort: 0, rtspPort: 0, discoveryPort: 0, multicast: false, password: PASSWORD }
  const cameras = [{ profile: 'plain' as const, faults: ['create-404'], eventIntervalMs: 0 }]
  await using fleet = await startFleet({ cameras, firstAddress: freeNet(), ...options })
  const [camera] = fleet.cameras
  assert.ok(camera)
  const device = await openDevice({ address: camera.address, port: camera.httpPort, clock: systemClock, signal: never })
  device.use({ username: 'admin', password: new Secret(PASSWORD) })
  using consumer = new Consumer()
  const posting = Promise.withResolvers<URL>()
  const listening = {
    expect: async (address: string) => {
      const expected = await consumer.expect(address)
      posting.resolve(expected.url)
      return expected
    },
  }
  const stop = new AbortController()
  const seen: string[] = []
  const watching = (async () => {
    const around = { clock: systemClock, signal: stop.signal, consumer: listening }
    for await (const { kind, active } of watchEvents(() => device, around)) seen.push(`${kind} ${active}`)
  })()
  const asked = (operation: string) => camera.journal.requests().some((each) => each.operation === operation)
  await until('a subscription', () => asked('Subscribe'))
  assert.equal(await post(await posting.promise, camera.address), 204)
  await until('the motion', () => seen.includes('motion true'))
  stop.abort()
  await watching
  assert.ok(asked('Unsubscribe'))
  assert.equal(consumer.isOpen, false)
  assert.equal(asked('PullMessages'), false)
})
