import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startFleet } from '../fleet/index.ts'
import { until } from '../fleet/one-camera.testing.ts'
import { ownNet } from '../fleet/own-net.testing.ts'
import { planScenario, readScenario, runScenario } from './index.ts'

const net = await ownNet()

async function twoCameras(address: string) {
  const cameras = ['plain', 'nvr'] as const
  return startFleet({
    cameras: cameras.map((profile) => ({ profile, eventIntervalMs: 0 })),
    firstAddress: address,
    ...{ httpPort: 0, rtspPort: 0, discoveryPort: 0, password: 'secret' },
  })
}

const TIMELINE = `
seed: rain
steps:
  - { at: 5ms, camera: nvr-2, raise: motion, channel: 3 }
  - { at: 10ms..40ms, camera: all, fault: clock-skew=60, for: 30ms }
  - { at: 15ms, camera: plain-1, power-off: 40ms }
  - { at: 80ms, camera: plain-1, move: ${net(9)} }
  - { at: 5ms, every: 10ms, times: 3, camera: plain-1, raise: person }
`

test('a scenario happens in its order, and the seed alone chooses what is left open', async () => {
  await using fleet = await twoCameras(net(1))
  const rows = (text: string) =>
    planScenario(readScenario(text, 's.yaml'), fleet).map(({ atMs, camera, what }) => `${atMs} ${camera} ${what}`)
  assert.deepEqual(rows(TIMELINE), rows(TIMELINE))
  assert.notDeepEqual(rows(TIMELINE), rows(TIMELINE.replace('rain', 'snow')))
  const told: string[] = []
  using running = runScenario(planScenario(readScenario(TIMELINE, 's.yaml'), fleet), ({ what, trouble }) =>
    told.push(trouble ?? what),
  )
  const [plain, nvr] = fleet.cameras
  await until(() => plain?.isOn === false)
  await running.done
  assert.equal(plain?.address, net(9))
  assert.equal(plain?.isOn, true)
  assert.deepEqual(plain?.faults, [])
  assert.deepEqual(nvr?.journal.events()[0]?.channel, 3)
  assert.equal(told.filter((what) => what === 'raise person on channel 1').length, 3)
  assert.equal(told.length, 11)
})

test('what is wrong in a scenario is named with its line', async () => {
  await using fleet = await twoCameras(net(3))
  const complaint = (step: string) => {
    try {
      planScenario(
        readScenario(`steps:\n  - { at: 1s, camera: all, raise: motion }\n  - ${step}\n`, 'night.yaml'),
        fleet,
      )
    } catch (error) {
      return error instanceof RangeError ? error.message : String(error)
    }
    return ''
  }
  assert.match(complaint('{ at: soon, camera: all, raise: motion }'), /^night\.yaml:3: .*10s/)
  assert.match(complaint('{ at: 1s, camera: all, fault: clock-skew }'), /^night\.yaml:3: .*number of seconds/)
  assert.match(
    complaint('{ at: 1s, camera: cam9, raise: motion }'),
    /^night\.yaml:3: there is no camera "cam9".*plain-1, nvr-2/,
  )
  assert.match(complaint('{ at: 1s, camera: nvr-2, raise: vehicle }'), /^night\.yaml:3: a nvr camera has no event/)
  assert.match(complaint('{ at: 1s, camera: all, raise: motion, channel: 9 }'), /^night\.yaml:3: .*no channel 9/)
  assert.match(complaint('{ at: 1s, camera: all }'), /^night\.yaml:3: .*a step does one of raise/)
  assert.match(complaint('{ at: 1s, camera: all, move: 8.8.8.8 }'), /^night\.yaml:3: .*127\.x\.y\.z/)
  assert.match(complaint('{ at: 1s, camera: all, jump: high }'), /^night\.yaml:3: .*jump/)
})
