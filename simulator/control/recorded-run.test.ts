import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Deed, describeDeed, type Fleet, readProfile, startFleet } from '../fleet/index.ts'
import { until } from '../fleet/one-camera.testing.ts'
import { ownNet } from '../fleet/own-net.testing.ts'
import { fleetOptionsOf, planScenario, Recording, RecordingText, readScenario, runScenario } from '../scenario/index.ts'
import { startControl } from './server.ts'

const net = await ownNet()
const PORTS = { httpPort: 0, rtspPort: 0, discoveryPort: 0, password: 'hidden-word' }
const OWN =
  'base: reolink\nname: porch\nmanufacturer: Own\nserial: "OWN#####"\nchannels: 1\nlockout: { attempts: 2, durationMs: 1000 }\n'

interface Row {
  readonly atMs: number
  readonly camera: string
  readonly deed: Deed
}

function watched(fleet: Fleet) {
  const rows: Row[] = []
  const startedMs = performance.now()
  fleet.watch((camera, deed) => rows.push({ atMs: performance.now() - startedMs, camera, deed }))
  return rows
}

/** With addresses as numbers of the net, so that two places can be compared. */
const told = ({ camera, deed }: Row, from: number) => {
  const what = describeDeed(deed).replace(/127\.\d+\.\d+\.(\d+)/, (_, host) => `+${Number(host) - from}`)
  return `${camera} ${what}${deed.act === 'raise' ? ` for ${deed.activeMs}` : ''}`
}

/** Three cameras, one of a brand of one's own, that raise events by chance too; and what a person does to them over HTTP. */
async function recordedRun() {
  const own = readProfile(OWN, 'own.yaml')
  await using fleet = await startFleet({
    cameras: [
      { profile: 'plain', eventIntervalMs: 90, faults: ['clock-skew=60'] },
      { profile: own, eventIntervalMs: 0, name: 'Porch: "left"' },
      { profile: 'nvr', eventIntervalMs: 150, address: net(20) },
    ],
    firstAddress: net(1),
    seed: '17',
    ...PORTS,
  })
  await using control = await startControl(fleet, 0)
  const ask = async (method: string, path: string, body?: object) => {
    const json = body && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }
    const response = await fetch(`http://127.0.0.1:${control.port}${path}`, { method, ...json })
    assert.equal(response.status, 200, `${method} ${path}`)
    return await response.text()
  }
  await fleet.cameras[1]?.swap()
  const kept = new RecordingText()
  const recording = new Recording(fleet, kept)
  const rows = watched(fleet)
  await ask('PUT', '/cameras/plain-1/faults/slots-full')
  await ask('PUT', '/cameras/porch-2/faults/clock-skew', { value: -3600.5 })
  await ask('POST', '/cameras/porch-2/events', { kind: 'motion' })
  await ask('POST', '/cameras/porch-2/events', { kind: 'person', activeMs: 40 })
  await ask('POST', '/cameras/nvr-3/stop')
  await ask('POST', '/cameras/plain-1/move', { address: net(9) })
  await ask('POST', '/cameras/nvr-3/start')
  await ask('POST', '/scenario', { text: 'steps: [{ at: 5ms, camera: all, fault: moved=2, for: 40ms }]' })
  await ask('DELETE', '/cameras/plain-1/faults/slots-full')
  await ask('POST', '/cameras/porch-2/swap')
  await fleet.cameras[2]?.reboot(20)
  fleet.cameras[0]?.raise('person')
  await until(() => rows.filter(({ deed }) => deed.act === 'clear').length === 4)
  await until(() => rows.filter(({ deed }) => deed.act === 'raise').length > 8)
  const held = rows.slice()
  await recording[Symbol.asyncDispose]()
  const serials = fleet.cameras.map(({ truth }) => truth.serial)
  return { text: String(kept), rows: held, serials }
}

test('a recorded run is played again elsewhere: the same cameras, the same happenings in their order and time, and no others', async () => {
  const first = await recordedRun()
  assert.ok(!first.text.includes('hidden-word'))
  const script = readScenario(first.text, 'run.yaml')
  assert.ok(script.fleet)
  await using fleet = await startFleet({ ...fleetOptionsOf(script.fleet, net(101)), password: 'another' })
  assert.deepEqual(
    fleet.cameras.map(({ address, name }) => [address, name]),
    [
      [net(101), fleet.cameras[0]?.name],
      [net(102), 'Porch: "left"'],
      [net(120), 'Recorder'],
    ],
  )
  const planned = planScenario(script, fleet)
  const rows = watched(fleet)
  using running = runScenario(planned)
  await running.done
  // What it begins with is the state that the cameras were in: one had been swapped.
  const began = rows.splice(0, 1).map((row) => told(row, 101))
  assert.deepEqual(began, ['porch-2 swap for device 1'])
  assert.deepEqual(
    rows.map((row) => told(row, 101)),
    first.rows.map((row) => told(row, 1)),
  )
  for (const [i, { atMs }] of first.rows.entries()) {
    const plan = planned[i + 1]?.atMs ?? 0
    assert.ok(Math.abs(plan - atMs) < 100, `written ${plan}, was ${atMs}`)
    assert.ok((rows[i]?.atMs ?? 0) > plan - 50 && (rows[i]?.atMs ?? 0) < plan + 3000, `played ${rows[i]?.atMs}`)
  }
  await Promise.all(fleet.cameras.map((camera) => camera.settled()))
  assert.deepEqual(
    fleet.cameras.map(({ truth }) => truth.serial),
    first.serials,
  )
})
