import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startFleet } from '../fleet/index.ts'
import { startControl } from './server.ts'

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
  return { fleet, ask, camera: fleet.cameras[0], [Symbol.asyncDispose]: stop }
}

test('the control API lists cameras without their passwords, raises events and switches faults', async () => {
  await using one = await controlled('127.91.4.1')
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

test('what is asked wrongly is answered with what to do', async () => {
  await using one = await controlled('127.91.4.2')
  assert.match((await one.ask('GET', '/cameras/none/journal')).text, /GET \/cameras lists/)
  assert.equal((await one.ask('POST', '/cameras/tapo-1/events', { kind: 'earthquake' })).status, 400)
  assert.match((await one.ask('POST', '/cameras/tapo-1/events', { kind: 'motion', channel: 2 })).text, /no channel 2/)
  assert.match((await one.ask('PUT', '/cameras/tapo-1/faults/clock-skew')).text, /number of seconds/)
  assert.equal((await one.ask('PUT', '/cameras/tapo-1/faults/nonsense')).status, 404)
  assert.equal((await one.ask('GET', '/cameras', undefined, { origin: 'http://evil.example' })).status, 403)
})
