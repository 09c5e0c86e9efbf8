import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { systemClock } from '../base/clock.ts'
import { errorKind } from '../base/errors.ts'
import { addressesOf } from './cidr.ts'
import { type DiscoverOptions, discover } from './discover.ts'
import { fenceOf } from './fence.ts'
import { hostAndPort } from './manual.ts'
import { matchesIn, probes } from './messages.ts'
import { placeOf } from './place.ts'
import type { Sighting } from './sighting.ts'

const never = new AbortController().signal

const match = (endpoint: string, xaddrs: string, more = '') =>
  `<d:ProbeMatch><a:EndpointReference><a:Address>${endpoint}</a:Address></a:EndpointReference><d:Types>dn:NetworkVideoTransmitter tds:Device</d:Types>${more}<d:XAddrs>${xaddrs}</d:XAddrs></d:ProbeMatch>`

const reply = (...matches: string[]) =>
  `<s:Envelope><s:Header/><s:Body><d:ProbeMatches>${matches.join('')}</d:ProbeMatches></s:Body></s:Envelope>`

/** Something that answers probes at this address; returns its port. Port 0 for the first, then that same for the others. */
async function responder(t: TestContext, address: string, port: number, answer: string): Promise<number> {
  const socket = createSocket('udp4')
  socket.on('message', (_, from) => socket.send(answer, from.port, from.address))
  await new Promise<void>((resolve) => socket.bind(port, address, resolve))
  t.after(() => socket.close())
  return socket.address().port
}

async function pass(options: Partial<DiscoverOptions>): Promise<Sighting[]> {
  const found: Sighting[] = []
  const all = { multicast: false, durationMs: 300, clock: systemClock, signal: never, ...options }
  for await (const sighting of discover(all)) found.push(sighting)
  return found
}

test('a range is its addresses, and neither nonsense nor half a network', () => {
  assert.deepEqual(addressesOf('10.0.0.6/30'), ['10.0.0.4', '10.0.0.5', '10.0.0.6', '10.0.0.7'])
  assert.deepEqual(addressesOf('127.0.0.9'), ['127.0.0.9'])
  assert.equal(addressesOf('192.168.0.0/20').length, 4_096)
  const kind = (cidr: string) => {
    try {
      return String(addressesOf(cidr).length)
    } catch (error) {
      return errorKind(error)
    }
  }
  assert.deepEqual(['10.0.0.0/19', '10.0.0.0/33', '10.0.0.256', '10.0.0/24', 'lan'].map(kind), [
    'limit',
    'invalid',
    'invalid',
    'invalid',
    'invalid',
  ])
})

test('a host may be a name, an address or bracketed, with a port or without', () => {
  assert.deepEqual(hostAndPort('camera.lan'), { host: 'camera.lan', port: undefined })
  assert.deepEqual(hostAndPort('10.0.0.1:8000'), { host: '10.0.0.1', port: 8000 })
  assert.deepEqual(hostAndPort('[fe80::1]:80'), { host: 'fe80::1', port: 80 })
  for (const bad of ['', 'a:b', 'a:70000', 'http://a/', 'a b']) assert.throws(() => hostAndPort(bad))
})

test('the host that answered is kept, whatever its XAddrs say', () => {
  const at = (...xaddrs: string[]) => placeOf(xaddrs, '10.0.0.5')
  assert.deepEqual(at('https://10.0.0.5/a', 'http://10.0.0.5:8000/b'), { port: 8000, path: '/b', https: false })
  assert.deepEqual(at('http://192.0.2.1:81/x', 'http://10.0.0.5/onvif/service'), {
    port: 80,
    path: '/onvif/service',
    https: false,
  })
  assert.deepEqual(at('http://0.0.0.0:8899/onvif/device_service')?.port, 8899)
  assert.equal(at('nonsense', 'file:///etc/passwd'), undefined)
})

test('matches are read however the device writes them', () => {
  const [one, two, ...rest] = matchesIn(
    Buffer.from(
      reply(match('urn:uuid:1', 'http://10.0.0.1/x\n   http://10.0.0.2/x'), match('urn:uuid:2', 'http://10.0.0.3/')),
    ),
  )
  assert.deepEqual(one?.xaddrs, ['http://10.0.0.1/x', 'http://10.0.0.2/x'])
  assert.deepEqual(one?.types, ['NetworkVideoTransmitter', 'Device'])
  assert.deepEqual(one?.scopes, [])
  assert.equal(two?.endpoint, 'urn:uuid:2')
  assert.equal(rest.length, 0)
  const hello = '<s:Envelope><s:Body><d:Hello><d:XAddrs>http://10.0.0.1/</d:XAddrs></d:Hello></s:Body></s:Envelope>'
  assert.equal(matchesIn(Buffer.from(hello))[0]?.hello, true)
})

test('odd datagrams, empty answers and printers are no cameras', () => {
  const printer = match('urn:uuid:3', 'http://10.0.0.9/').replace(
    'dn:NetworkVideoTransmitter tds:Device',
    'p:PrintDeviceType',
  )
  for (const odd of [
    '',
    '\0\u0001',
    'Envelope',
    '<Envelope',
    '<a>'.repeat(500),
    reply(),
    reply(printer),
    reply('<d:ProbeMatch/>'),
  ]) {
    assert.deepEqual(matchesIn(Buffer.from(odd)), [])
  }
})

test('each round probes for both types that cameras answer to, with ids of their own', () => {
  const texts = probes().map(String)
  assert.match(texts.join(), /NetworkVideoTransmitter.*tds:Device/s)
  assert.equal(new Set(texts.map((text) => /uuid:([^<]*)/.exec(text)?.[1])).size, texts.length)
})

test('every camera of a range is sighted once, at the address that answered', async (t) => {
  const port = await responder(
    t,
    '127.66.0.1',
    0,
    reply(match('urn:uuid:a', 'http://192.0.2.9:8000/onvif/device_service')),
  )
  await responder(
    t,
    '127.66.0.2',
    port,
    reply(match('urn:uuid:b', 'http://127.66.0.2:81/s'), match('urn:uuid:c', 'http://127.66.0.2:82/s')),
  )
  await responder(t, '127.66.0.3', port, 'not a reply')
  const found = await pass({ cidrs: ['127.66.0.0/29'], discoveryPort: port })
  assert.deepEqual(found.map(({ endpoint, address, port: at, via }) => [endpoint, address, at, via]).sort(), [
    ['urn:uuid:a', '127.66.0.1', 8000, 'unicast'],
    ['urn:uuid:b', '127.66.0.2', 81, 'unicast'],
    ['urn:uuid:c', '127.66.0.2', 82, 'unicast'],
  ])
})

test('a host named by a person is found though it answers no probe, at the path where it lives', async (t) => {
  const server = createServer((request, response) => {
    if (request.url !== '/onvif/service') response.writeHead(404).end('<html>no</html>')
    else response.end('<s:Envelope><s:Body><GetSystemDateAndTimeResponse/></s:Body></s:Envelope>')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.66.0.4', resolve))
  t.after(() => server.close())
  const { port } = server.address() as AddressInfo
  const found = await pass({ hosts: [`127.66.0.4:${port}`, '127.66.0.5:9', 'no-such-host.invalid'] })
  assert.deepEqual(
    found.map((sighting) => [sighting.address, sighting.port, sighting.path, sighting.via]),
    [['127.66.0.4', port, '/onvif/service', 'manual']],
  )
})

test('a pass ends at once when it is told to', async () => {
  const controller = new AbortController()
  const startedMs = performance.now()
  setTimeout(() => controller.abort(), 20)
  assert.deepEqual(
    await pass({ cidrs: ['127.66.1.0/24'], durationMs: 60_000, discoveryPort: 9, signal: controller.signal }),
    [],
  )
  assert.ok(performance.now() - startedMs < 30_000)
})

test('a range that makes no sense is said so before anything is sent', async () => {
  await assert.rejects(pass({ cidrs: ['10.0.0.0/8'] }), { kind: 'limit' })
  await assert.rejects(pass({ hosts: ['http://camera/'] }), { kind: 'invalid' })
})

test('what lies outside the fence is not dialled, whether it answers a probe, is in a range or is named', async (t) => {
  const server = createServer((_, response) => response.end())
  const dialled: string[] = []
  server.on('connection', (socket) => dialled.push(`${socket.localAddress}`))
  await new Promise<void>((resolve) => server.listen(8899, '127.53.0.2', resolve))
  t.after(() => server.close())
  // It says that it is a camera, but not where: the usual ports would be tried.
  const discoveryPort = await responder(t, '127.53.0.2', 0, reply(match('urn:uuid:outside', '')))
  const around = { cidrs: ['127.53.0.2'], hosts: ['127.53.0.2:8899'], discoveryPort }
  assert.deepEqual(await pass({ ...around, fence: fenceOf(['127.53.0.8/29']) }), [])
  // A probe inside that is answered from outside.
  const [inner, outer] = [createSocket('udp4'), createSocket('udp4')]
  t.after(() => [inner, outer].map((socket) => socket.close()))
  inner.on('message', (_, from) => outer.send(reply(match('urn:uuid:outside', '')), from.port, from.address))
  await Promise.all([
    new Promise<void>((resolve) => inner.bind(discoveryPort, '127.53.0.9', resolve)),
    new Promise<void>((resolve) => outer.bind(0, '127.53.0.2', resolve)),
  ])
  assert.deepEqual(await pass({ cidrs: ['127.53.0.9'], discoveryPort, fence: fenceOf(['127.53.0.8/29']) }), [])
  assert.deepEqual(dialled, [])
  await pass({ ...around, hosts: [] })
  assert.notEqual(dialled.length, 0, 'without a fence it is asked')
})
