import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startFleet } from '../fleet/index.ts'
import { ownNet } from '../fleet/own-net.testing.ts'
import { ROUTES } from './openapi.ts'
import { startControl } from './server.ts'

const net = await ownNet()

async function until(isSo: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 10_000
  while (!(await isSo())) assert.ok(performance.now() < deadline, 'it did not come in time')
}

async function controlled(address: string) {
  const cameras = [{ profile: 'tapo', address, eventIntervalMs: 0 } as const]
  const fleet = await startFleet({ cameras, password: 'hidden-word', httpPort: 0, rtspPort: 0, discoveryPort: 0 })
  const control = await startControl(fleet, 0)
  const ask = async (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) => {
    const json = body === undefined ? {} : { body: JSON.stringify(body) }
    const typed = body === undefined ? headers : { ...headers, 'content-type': 'application/json' }
    const response = await fetch(`http://127.0.0.1:${control.port}${path}`, { method, ...json, headers: typed })
    return { status: response.status, text: await response.text() }
  }
  const stop = async () => {
    await control[Symbol.asyncDispose]()
    await fleet[Symbol.asyncDispose]()
  }
  return { fleet, ask, port: control.port, camera: fleet.cameras[0], [Symbol.asyncDispose]: stop }
}

test('the control API lists cameras without their passwords, raises events and switches faults', async () => {
  await using one = await controlled(net(1))
  const list = await one.ask('GET', '/cameras')
  assert.equal(JSON.parse(list.text)[0].serial, one.camera?.truth.serial)
  assert.ok(!list.text.includes('hidden-word'))
  assert.equal((await one.ask('POST', '/cameras/tapo-1/events', { kind: 'vehicle' })).status, 200)
  assert.equal((await one.ask('PUT', '/cameras/tapo-1/faults/clock-skew', { value: 90 })).status, 200)
  assert.equal((await one.ask('PUT', '/cameras/tapo-1/faults/rtsp-stall')).status, 200)
  assert.deepEqual(one.camera?.faults, [
    { name: 'clock-skew', value: 90 },
    { name: 'rtsp-stall', value: 1 },
  ])
  await one.ask('DELETE', '/cameras/tapo-1/faults/clock-skew')
  assert.equal(one.camera?.faults.length, 1)
  const journal = JSON.parse((await one.ask('GET', '/cameras/tapo-1/journal')).text)
  assert.equal(journal.mediaConnections, 0)
  assert.equal(journal.entries[0].event, 'vehicle')
})

test('a brand’s own faults are shown, and all of a camera are cleared at once', async () => {
  const cameras = [{ profile: 'xm', address: '127.91.4.7', faults: ['clock-skew=5'] } as const]
  await using fleet = await startFleet({ cameras, httpPort: 0, rtspPort: 0, discoveryPort: 0 })
  await using control = await startControl(fleet, 0)
  const url = `http://127.0.0.1:${control.port}/cameras`
  const faultsTold = async () => JSON.parse(await (await fetch(`${url}/xm-1`)).text()).faults
  const names = (await faultsTold()).map(({ name }: { name: string }) => name)
  assert.deepEqual(names, ['endpoint-reference-empty', 'text-unescaped', 'clock-skew'])
  assert.equal((await fetch(`${url}/xm-1/faults`, { method: 'DELETE' })).status, 200)
  assert.deepEqual(await faultsTold(), [])
})

test('what is asked wrongly is answered with what to do', async () => {
  await using one = await controlled(net(2))
  assert.match((await one.ask('GET', '/cameras/none/journal')).text, /GET \/cameras lists/)
  assert.equal((await one.ask('POST', '/cameras/tapo-1/events', { kind: 'earthquake' })).status, 400)
  assert.match((await one.ask('POST', '/cameras/tapo-1/events', { kind: 'motion', channel: 2 })).text, /no channel 2/)
  assert.match((await one.ask('PUT', '/cameras/tapo-1/faults/clock-skew')).text, /number of seconds/)
  assert.equal((await one.ask('PUT', '/cameras/tapo-1/faults/nonsense')).status, 404)
  assert.equal((await one.ask('GET', '/cameras', undefined, { origin: 'http://evil.example' })).status, 403)
})

test('every route that the OpenAPI document names is there', async () => {
  await using one = await controlled(net(3))
  const document = JSON.parse((await one.ask('GET', '/openapi.json')).text)
  assert.equal(document.openapi, '3.1.0')
  for (const { method, path } of ROUTES) {
    assert.ok(document.paths[path][method].summary)
    const { text } = await one.ask(method.toUpperCase(), path.replace('{id}', 'none').replace('{name}', 'none'))
    assert.doesNotMatch(text, /Route .* not found/, path)
  }
  assert.ok(document.components.schemas.FaultName.enum.includes('moved'))
})

test('a camera is stopped, started, moved and swapped', async () => {
  await using one = await controlled(net(4))
  assert.equal(JSON.parse((await one.ask('POST', '/cameras/tapo-1/stop')).text).on, false)
  assert.equal(one.camera?.isOn, false)
  assert.equal(JSON.parse((await one.ask('POST', '/cameras/tapo-1/start')).text).on, true)
  const { serial, address } = JSON.parse((await one.ask('POST', '/cameras/tapo-1/move', { address: net(5) })).text)
  assert.equal(address, net(5))
  assert.notEqual(JSON.parse((await one.ask('POST', '/cameras/tapo-1/swap')).text).serial, serial)
  assert.equal((await one.ask('POST', '/cameras/tapo-1/move', { address: '10.0.0.1' })).status, 400)
})

test('the page has a strict policy, and may do what other pages may not', async () => {
  await using one = await controlled(net(6))
  const page = await fetch(`http://127.0.0.1:${one.port}/`)
  assert.match(page.headers.get('content-security-policy') ?? '', /^default-src 'none'; script-src 'self'/)
  const html = await page.text()
  assert.doesNotMatch(html, /https?:\/\/|<script>|style=|onclick=/)
  for (const [, path = ''] of html.matchAll(/(?:src|href)="(\/(?!recording)[^"]+)"/g))
    assert.equal((await one.ask('GET', path)).status, 200, path)
  const origin = `http://127.0.0.1:${one.port}`
  assert.equal((await one.ask('PUT', '/cameras/tapo-1/faults/busy-503', {}, { origin })).status, 200)
  assert.equal(
    (await one.ask('PUT', '/cameras/tapo-1/faults/busy-503', {}, { origin: 'http://127.0.0.1:1' })).status,
    403,
  )
})

test('a scenario is played, watched and ended over the API, one at a time', async () => {
  await using one = await controlled(net(7))
  const state = async () => JSON.parse((await one.ask('GET', '/scenario')).text)
  assert.deepEqual(await state(), { state: 'none' })
  const wrong = await one.ask('POST', '/scenario', {
    text: 'steps: [{ at: 1s, camera: nobody, raise: motion }]',
    name: 'x.yaml',
  })
  assert.deepEqual([wrong.status, wrong.text.includes('x.yaml:1: there is no camera')], [400, true])
  const text =
    'seed: 5\nsteps:\n  - { at: 0s, camera: tapo-1, fault: busy-503 }\n  - { at: 1h, camera: tapo-1, raise: motion }\n'
  const sent = await fetch(`http://127.0.0.1:${one.port}/scenario`, { method: 'POST', body: text })
  assert.equal(sent.status, 200)
  await until(async () => (await state()).done === 1)
  const { next, last, seed, total } = await state()
  assert.deepEqual([seed, total], ['5', 2])
  assert.deepEqual(next, { atMs: 3_600_000, camera: 'tapo-1', what: 'raise motion on channel 1' })
  assert.deepEqual(last, [{ atMs: 0, camera: 'tapo-1', what: 'fault busy-503' }])
  assert.equal((await one.ask('POST', '/scenario', { text })).status, 409)
  assert.equal(JSON.parse((await one.ask('DELETE', '/scenario')).text).state, 'stopped')
  assert.equal(
    (await one.ask('POST', '/scenario', { text: 'steps: [{ at: 0s, camera: all, clear: busy-503 }]' })).status,
    200,
  )
  await until(async () => (await state()).state === 'done')
  assert.deepEqual(one.camera?.faults, [])
})

test('a recording is begun, ended and fetched over the API', async () => {
  await using one = await controlled(net(8))
  assert.equal((await one.ask('GET', '/recording/file')).status, 404)
  assert.equal(JSON.parse((await one.ask('POST', '/recording')).text).isRunning, true)
  assert.equal((await one.ask('POST', '/recording')).status, 409)
  await one.ask('POST', '/cameras/tapo-1/events', { kind: 'person', activeMs: 1234 })
  const { isRunning, steps, into } = JSON.parse((await one.ask('DELETE', '/recording')).text)
  assert.deepEqual([isRunning, steps, into], [false, 1, 'memory'])
  const { text } = await one.ask('GET', '/recording/file')
  assert.match(text, /- \{ at: \d+ms, camera: tapo-1, raise: person, channel: 1, for: 1234ms \}\n$/)
})

test('the fleet is told in a few numbers, and found by what one sees of it', async () => {
  await using one = await controlled(net(9))
  one.camera?.setFault('mac-missing')
  const { cameras, on, faulty, mediaConnections } = JSON.parse((await one.ask('GET', '/fleet')).text)
  assert.deepEqual([cameras, on, faulty, mediaConnections], [1, 1, 1, 0])
  const found = async (query: string) => JSON.parse((await one.ask('GET', `/cameras?${query}`)).text).length
  assert.deepEqual(
    [await found('search=TP-link'), await found('search=mac-miss'), await found('search=axis')],
    [1, 1, 0],
  )
  assert.deepEqual([await found('offset=1'), await found('limit=0')], [0, 0])
  assert.equal((await one.ask('GET', '/cameras?limit=many')).status, 400)
  assert.equal((await one.ask('GET', '/nothing')).status, 404)
})

test('a snapshot for the page leaves no trace with the camera', async () => {
  await using one = await controlled(net(10))
  const get = () => fetch(`http://127.0.0.1:${one.port}/cameras/tapo-1/snapshot?channel=1`)
  const response = await get()
  assert.equal(response.headers.get('content-type'), 'image/jpeg')
  assert.equal(Buffer.from(await response.arrayBuffer()).toString('hex', 0, 2), 'ffd8')
  assert.deepEqual([one.camera?.journal.mediaConnections(), one.camera?.journal.counts().requests], [0, 0])
  assert.equal((await one.ask('GET', '/cameras/tapo-1/snapshot?channel=2')).status, 400)
  await one.camera?.switchOff()
  assert.equal((await get()).status, 409)
})
