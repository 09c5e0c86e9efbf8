import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Deed, describeDeed, startFleet } from '../fleet/index.ts'
import { until } from '../fleet/one-camera.testing.ts'
import { ownNet } from '../fleet/own-net.testing.ts'
import { Recording, RecordingText, readScenario } from './index.ts'

const net = await ownNet()
const PORTS = { httpPort: 0, rtspPort: 0, discoveryPort: 0, password: 'hidden-word' }

test('a recording can be read at any moment, also when it was cut off in the middle of a line', async () => {
  await using fleet = await startFleet({
    cameras: [{ profile: 'plain', eventIntervalMs: 0 }],
    firstAddress: net(150),
    ...PORTS,
  })
  const [camera] = fleet.cameras
  const kept = new RecordingText()
  await using recording = new Recording(fleet, kept)
  await until(() => String(kept).endsWith('steps:\n'))
  assert.deepEqual(readScenario(String(kept), 'run.yaml').steps, [])
  camera?.raise('motion')
  camera?.setFault('event-storm', 2)
  await until(() => String(kept).includes('event-storm'))
  for (const cut of ['', '  - { at: 12', '  - { at: 12ms, camera: plain-1, raise: motion }'])
    assert.equal(readScenario(`${kept}${cut}`, 'run.yaml').steps.length, 2)
  assert.deepEqual([recording.state.isRunning, recording.state.steps], [true, 2])
})

test('a recording that cannot be written says why and ends, and the fleet goes on', async () => {
  await using fleet = await startFleet({
    cameras: [{ profile: 'plain', eventIntervalMs: 0 }],
    firstAddress: net(151),
    ...PORTS,
  })
  const full = () => Promise.reject(new Error('the disk is full'))
  const told: string[] = []
  await using recording = new Recording(fleet, { append: full, close: () => {} }, (trouble) => told.push(trouble))
  await until(() => recording.state.trouble !== undefined)
  assert.match(recording.state.trouble ?? '', /can't be written: the disk is full/)
  assert.deepEqual([recording.state.isRunning, told], [false, [recording.state.trouble]])
  fleet.cameras[0]?.raise('motion')
})

test('what follows from a fault is not recorded beside it, nor is what a client asks', async () => {
  await using fleet = await startFleet({
    cameras: [{ profile: 'plain', eventIntervalMs: 0 }],
    firstAddress: net(152),
    ...PORTS,
  })
  const [camera] = fleet.cameras
  const deeds: Deed[] = []
  fleet.watch((_, deed) => deeds.push(deed))
  camera?.setFault('moved', 3)
  camera?.setFault('rebooting', 0)
  camera?.setFault('event-storm', 500)
  await until(() => (camera?.journal.events().length ?? 0) > 3)
  await until(() => camera?.faults.every(({ name }) => name !== 'rebooting') ?? false)
  assert.deepEqual(deeds.map(describeDeed), ['fault moved=3', 'fault rebooting=0', 'fault event-storm=500'])
})
