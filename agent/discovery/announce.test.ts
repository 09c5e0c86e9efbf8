import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { systemClock } from '../base/clock.ts'
import { type Announcement, type AnnouncementOptions, announcements } from './announce.ts'
import { fenceOf } from './fence.ts'
import { announcementsIn } from './messages.ts'

const said = (kind: 'Hello' | 'Bye', endpoint: string, xaddrs = '', types = 'dn:NetworkVideoTransmitter') =>
  `<s:Envelope><s:Body><d:${kind}><a:EndpointReference><a:Address>${endpoint}</a:Address></a:EndpointReference><d:Types>${types}</d:Types>${xaddrs && `<d:XAddrs>${xaddrs}</d:XAddrs>`}</d:${kind}></s:Body></s:Envelope>`

test('hellos and byes are read, those of printers and nonsense are not', () => {
  const read = (text: string) => announcementsIn(Buffer.from(text))
  assert.deepEqual(read(said('Bye', 'urn:uuid:1')), { hellos: [], byes: ['urn:uuid:1'] })
  assert.equal(read(said('Hello', 'urn:uuid:1')).hellos[0]?.endpoint, 'urn:uuid:1')
  for (const odd of ['', 'Envelope', '<a', said('Hello', 'x', '', 'p:PrintDeviceType'), said('Bye', '')]) {
    assert.deepEqual(read(odd), { hellos: [], byes: [] })
  }
})

/** Listens at a loopback address in place of the group, and speaks to it from others. */
async function heardBy(t: TestContext, options: Partial<AnnouncementOptions> = {}) {
  const [group, port] = ['127.66.9.9', await freeUdpPort('127.66.9.9')]
  const stop = new AbortController()
  const heard: Announcement[] = []
  const all = { port, group, fence: fenceOf([]), clock: systemClock, signal: stop.signal, ...options }
  const listening = (async () => {
    for await (const each of announcements(all)) heard.push(each)
  })()
  const socket = createSocket('udp4')
  await new Promise<void>((resolve) => socket.bind(0, '127.66.9.1', resolve))
  t.after(async () => {
    stop.abort()
    socket.close()
    await listening
  })
  const say = async (text: string) => {
    await new Promise((resolve) => socket.send(text, port, group, resolve))
  }
  /** Says it until something new is heard, since the listener may not be up yet. */
  const sayUntilHeard = async (text: string) => {
    const before = heard.length
    for (let i = 0; i < 200 && heard.length === before; i += 1) {
      await say(text)
      await sleep(50)
    }
  }
  return { heard, say, sayUntilHeard }
}

async function freeUdpPort(address: string): Promise<number> {
  const socket = createSocket('udp4')
  await new Promise<void>((resolve) => socket.bind(0, address, resolve))
  const { port } = socket.address()
  await new Promise<void>((resolve) => socket.close(() => resolve()))
  return port
}

test('who comes is heard once, at the address where it spoke, and who goes as well', async (t) => {
  const { heard, say, sayUntilHeard } = await heardBy(t)
  const hello = said('Hello', 'urn:uuid:1', 'http://192.0.2.1:8000/onvif/device_service')
  await sayUntilHeard(hello)
  await say(hello)
  await sayUntilHeard(said('Bye', 'urn:uuid:1'))
  const [came, went, ...rest] = heard
  assert.ok(came?.kind === 'hello')
  assert.deepEqual([came.sighting.address, came.sighting.port, came.sighting.via], ['127.66.9.1', 8000, 'hello'])
  assert.deepEqual(went, { kind: 'bye', endpoint: 'urn:uuid:1', address: '127.66.9.1' })
  assert.deepEqual(rest, [])
})

test('a flood of announcements is cut, and what lies outside the fence is not heard', async (t) => {
  const { heard, say, sayUntilHeard } = await heardBy(t)
  await sayUntilHeard(said('Bye', 'urn:uuid:0'))
  for (let i = 1; i < 400; i += 1) await say(said('Bye', `urn:uuid:${i}`))
  await sleep(200)
  assert.ok(heard.length <= 64, `${heard.length} heard`)
  const fenced = await heardBy(t, { fence: fenceOf(['10.0.0.0/8']) })
  for (let i = 0; i < 5; i += 1) await fenced.say(said('Bye', 'urn:uuid:1'))
  await sleep(100)
  assert.deepEqual(fenced.heard, [])
})

test('a hello that does not say where is asked for at the usual places', async (t) => {
  const server = createServer((_, response) => {
    response.end('<s:Envelope><s:Body><GetSystemDateAndTimeResponse/></s:Body></s:Envelope>')
  })
  await new Promise<void>((resolve) => server.listen(8_899, '127.66.9.1', resolve))
  t.after(() => server.close())
  const { heard, sayUntilHeard } = await heardBy(t)
  await sayUntilHeard(said('Hello', 'urn:uuid:2'))
  const [came] = heard
  assert.ok(came?.kind === 'hello')
  assert.equal(came.sighting.port, (server.address() as AddressInfo).port)
  assert.equal(came.sighting.endpoint, 'urn:uuid:2')
})
