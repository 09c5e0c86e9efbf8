import assert from 'node:assert/strict'
import { request } from 'node:http'
import { type TestContext, test } from 'node:test'
import { systemClock } from '../base/clock.ts'
import { LenscapError } from '../base/errors.ts'
import { Consumer } from './consumer.ts'
import type { DeviceEvent } from './event.ts'
import { type Subscribable, watchEvents } from './watch.ts'

const NOTIFY = (value: string) =>
  `<s:Envelope><s:Body><Notify><NotificationMessage><Topic>tns1:VideoSource/MotionAlarm</Topic><Message><Message UtcTime="t" PropertyOperation="Changed"><Source><SimpleItem Name="Source" Value="V1"/></Source><Data><SimpleItem Name="State" Value="${value}"/></Data></Message></Message></NotificationMessage></Notify></s:Body></s:Envelope>`

/** Posts as a device at that loopback address would; the status, or how it failed. */
function post(url: URL, body: string, from = '127.0.0.1', method = 'POST'): Promise<number | string> {
  const { promise, resolve } = Promise.withResolvers<number | string>()
  const sent = request(url, { method, localAddress: from, agent: false }, (response) => {
    response.resume()
    resolve(response.statusCode ?? 0)
  })
  sent.on('error', (error) => resolve('code' in error ? String(error.code) : error.message))
  sent.end(body)
  return promise
}

function consumerOf(t: TestContext): Consumer {
  const consumer = new Consumer()
  t.after(() => consumer[Symbol.dispose]())
  return consumer
}

test('a device reaches its own path with its own posts, and nobody else does', async (t) => {
  const consumer = consumerOf(t)
  using one = await consumer.expect('127.0.0.1')
  using other = await consumer.expect('127.0.0.2')
  assert.notEqual(one.url.pathname, other.url.pathname)
  assert.equal(one.url.port, other.url.port)
  assert.equal(await post(one.url, NOTIFY('true')), 204)
  assert.equal(await post(other.url, NOTIFY('true')), 404, "another device's path")
  assert.equal(await post(one.url, NOTIFY('true'), '127.0.0.2'), 404)
  assert.equal(await post(one.url, NOTIFY('true'), '127.0.0.3'), 'ECONNRESET', 'a stranger is not even read')
  assert.equal(await post(new URL('/guess', one.url), NOTIFY('true')), 404)
  assert.equal(await post(one.url, '', '127.0.0.1', 'GET'), 405)
  assert.equal(await post(one.url, 'no envelope'), 400)
  assert.ok([413, 'ECONNRESET', 'EPIPE'].includes(await post(one.url, 'x'.repeat(1_000_000))))
  for await (const notifications of one.posts) {
    assert.equal(notifications[0]?.data['State'], 'true')
    break
  }
})

test('nothing listens before a device needs it, nor when none does any more', async (t) => {
  const consumer = consumerOf(t)
  assert.equal(consumer.isOpen, false)
  const posting = await consumer.expect('127.0.0.1')
  assert.equal(consumer.isOpen, true)
  posting[Symbol.dispose]()
  assert.equal(consumer.isOpen, false)
  assert.equal(await post(posting.url, NOTIFY('true')), 'ECONNREFUSED')
})

test('a port that is taken is said so, and costs the devices with pull points nothing', async (t) => {
  const holder = consumerOf(t)
  using held = await holder.expect('127.0.0.1')
  const consumer = new Consumer(Number(held.url.port))
  await assert.rejects(consumer.expect('127.0.0.1'), { kind: 'unsupported' })
  assert.equal(consumer.isOpen, false)
})

/** A device that posts, and whose pull points are as the test says. */
function poster(createPullPoint: () => Promise<unknown>) {
  const did: string[] = []
  const device = {
    target: { address: '127.0.0.1', port: 80, path: '/', https: false },
    createPullPoint: () => {
      did.push('create')
      return createPullPoint()
    },
    subscribe: async (consumer: URL) => {
      did.push('subscribe')
      setImmediate(async () => {
        await post(consumer, NOTIFY('true'))
        await post(consumer, NOTIFY('false'))
      })
      return {
        livesMs: 60,
        renew: async () => void did.push('renew'),
        unsubscribe: async () => void did.push('unsubscribe'),
      }
    },
  } as unknown as Subscribable
  return { device, did }
}

async function firstEvents(device: Subscribable, consumer: Consumer | undefined, count: number) {
  const stop = new AbortController()
  const deadline = setTimeout(() => stop.abort(), 20_000)
  const events: DeviceEvent[] = []
  const options = { clock: systemClock, signal: stop.signal, random: () => 1, consumer }
  for await (const event of watchEvents(() => device, options)) {
    if (events.push(event) === count) break
  }
  clearTimeout(deadline)
  return events
}

const LACKS = () =>
  Promise.reject(new LenscapError('unsupported', 'no', { operation: 'CreatePullPointSubscription', fault: 'x' }))

test('a device without pull points posts instead, is renewed, and is freed at the end', async (t) => {
  const consumer = consumerOf(t)
  const { device, did } = poster(LACKS)
  const events = await firstEvents(device, consumer, 2)
  assert.deepEqual(
    events.map(({ kind, active }) => [kind, active]),
    [
      ['motion', true],
      ['motion', false],
    ],
  )
  assert.deepEqual([did[0], did[1], did.at(-1)], ['create', 'subscribe', 'unsubscribe'])
  assert.equal(consumer.isOpen, false)
})

test('a device whose pull points never answer posts after the second', async (t) => {
  const barren = async () => ({
    livesMs: 60_000,
    pull: () => Promise.reject(new LenscapError('timeout', 'late')),
    renew: async () => {},
    unsubscribe: async () => {},
  })
  const { device, did } = poster(barren)
  const events = await firstEvents(device, consumerOf(t), 3)
  assert.deepEqual(did.slice(0, 3), ['create', 'create', 'subscribe'])
  assert.ok(events.some(({ kind }) => kind === 'motion'))
})
