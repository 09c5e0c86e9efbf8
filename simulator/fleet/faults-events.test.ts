import assert from 'node:assert/strict'
import type { EVENT_FAULTS } from '../faults/catalogue/events.ts'
import { type Effect, exchange, request, testFaults } from './fault-effects.testing.ts'
import type { SimulatedCamera } from './index.ts'
import { ask, until } from './one-camera.testing.ts'
import { ownNet } from './own-net.testing.ts'
import { TEV, textOf } from './soap-client.testing.ts'

const net = await ownNet()

const EVENTS = '/onvif/event_service'
const WSNT = 'http://docs.oasis-open.org/wsn/b-2'
const CREATE = `<CreatePullPointSubscription xmlns="${TEV}"/>`
const PULL = (limit = 100, timeoutS = 1) =>
  `<PullMessages xmlns="${TEV}"><Timeout>PT${timeoutS}S</Timeout><MessageLimit>${limit}</MessageLimit></PullMessages>`
const END = `<Unsubscribe xmlns="${WSNT}"/>`

async function create(camera: SimulatedCamera): Promise<string> {
  const address = textOf((await ask(camera, CREATE, EVENTS)).text, 'Address')
  return new URL(address).pathname + new URL(address).search
}

/** Subscribes, checks, and unsubscribes. */
const subscribed = (check: (camera: SimulatedCamera, path: string) => Promise<void>): Effect[1] => {
  return async (camera) => {
    const path = await create(camera)
    try {
      await check(camera, path)
    } finally {
      await ask(camera, END, path)
    }
  }
}

const pull = async (camera: SimulatedCamera, path: string, limit?: number) =>
  (await ask(camera, PULL(limit), path)).text
const created = (pattern: RegExp): Effect => [
  undefined,
  async (camera) => assert.match((await ask(camera, CREATE, EVENTS)).text, pattern),
]
const count = (text: string, what: string) => text.split(what).length - 1

testFaults(net(7), {
  'slots-full': created(/ter:MaxPullPoints/),
  'events-dead': [
    undefined,
    subscribed(async (camera, path) => {
      camera.raise('motion')
      assert.doesNotMatch(await pull(camera, path), /NotificationMessage/)
    }),
  ],
  'event-storm': [
    200,
    async (camera) => {
      const before = camera.journal.events().length
      await until(() => camera.journal.events().length > before + 20)
    },
  ],
  'event-duplicate': [
    undefined,
    subscribed(async (camera, path) => {
      await pull(camera, path)
      camera.raise('person')
      assert.equal(count(await pull(camera, path), 'Value="true"'), 2)
    }),
  ],
  'event-stuck': [
    undefined,
    subscribed(async (camera, path) => {
      await pull(camera, path)
      const before = camera.journal.events().length
      camera.raise('person')
      await until(
        () =>
          camera.journal
            .events()
            .slice(before)
            .some(({ event, active }) => event === 'person' && !active),
        5000,
      )
      const text = await pull(camera, path)
      assert.deepEqual([count(text, 'ObjectsInside<'), count(text, 'Name="IsInside" Value="false"')], [1, 0])
    }),
  ],
  'event-empty-message': [
    undefined,
    subscribed(async (camera, path) => assert.match(await pull(camera, path), /<wsnt:NotificationMessage\/>/)),
  ],
  'event-unknown-topic': [
    undefined,
    subscribed(async (camera, path) => assert.match(await pull(camera, path), />tns1:Unheard\/Of\/Topic</)),
  ],
  'event-times-odd': created(/CurrentTime>\d{4}-\d\d-\d\d-\d\d:\d\d:\d\dZ</),
  'event-no-times': [
    undefined,
    async (camera) => {
      const { text } = await ask(camera, CREATE, EVENTS)
      assert.match(text, /SubscriptionReference/)
      assert.doesNotMatch(text, /CurrentTime|TerminationTime/)
    },
  ],
  'event-no-initial': [
    undefined,
    subscribed(async (camera, path) => assert.doesNotMatch(await pull(camera, path), /Initialized/)),
  ],
  'initialized-flood': [
    30,
    subscribed(async (camera, path) => assert.equal(count(await pull(camera, path), 'Initialized'), 90)),
  ],
  'create-fault': created(/<env:Fault>/),
  'create-404': [
    undefined,
    async (camera) => {
      const { status, text } = await ask(camera, CREATE, EVENTS)
      assert.equal(status, 404)
      assert.match(text, /^<html>/)
    },
  ],
  'pull-fault': [undefined, subscribed(async (camera, path) => assert.match(await pull(camera, path), /<env:Fault>/))],
  'pull-hang': [
    undefined,
    subscribed(async (camera, path) => {
      const { text, ended } = await exchange(camera, request(camera, PULL(), path), 200)
      assert.deepEqual([text, ended], ['', 'open'])
    }),
  ],
  'pull-empty-at-once': [
    undefined,
    subscribed(async (camera, path) => {
      const begun = performance.now()
      assert.doesNotMatch((await ask(camera, PULL(1, 20), path)).text, /NotificationMessage/)
      assert.ok(performance.now() - begun < 15_000)
    }),
  ],
  'pull-limit-ignored': [
    undefined,
    subscribed(async (camera, path) =>
      assert.equal(count(await pull(camera, path, 1), '<wsnt:NotificationMessage>'), 3),
    ),
  ],
  'renew-fault': [
    undefined,
    subscribed(async (camera, path) => {
      const renew = `<Renew xmlns="${WSNT}"><TerminationTime>PT60S</TerminationTime></Renew>`
      assert.match((await ask(camera, renew, path)).text, /UnacceptableTerminationTimeFault/)
    }),
  ],
  'subscription-short': [
    30,
    async (camera) => {
      const path = await create(camera)
      const begun = performance.now()
      await until(() => performance.now() - begun > 40)
      assert.match(await pull(camera, path), /ResourceUnknown/)
    },
  ],
  'subscription-wrong-host': created(/Address>http:\/\/192\.0\.2\.1:\d+\//),
  'subscription-dead-port': created(/Address>http:\/\/127\.\d+\.\d+\.7:9\//),
  'subscription-forgotten': [
    undefined,
    async (camera) => assert.match(await pull(camera, await create(camera)), /ResourceUnknown/),
  ],
  'unsubscribe-ends-all': [
    undefined,
    async (camera) => {
      const [one, other] = [await create(camera), await create(camera)]
      await ask(camera, END, one)
      assert.match(await pull(camera, other), /ResourceUnknown/)
    },
  ],
} satisfies Record<keyof typeof EVENT_FAULTS, Effect>)
