import assert from 'node:assert/strict'
import { test } from 'node:test'
import { House } from '../harness/house.ts'
import { until } from '../harness/until.ts'

test('a camera that went away while no agent ran is not shown as up', { timeout: 180_000 }, async (t) => {
  await using house = await House.build({ signal: t.signal, profiles: ['reolink'] })
  const box = await house.move('box')
  const [simulated] = await house.simulator.cameras()
  assert.ok(simulated)
  const health = async () => (await house.owner.overview()).cameras[0]?.health
  await until('the camera is up', async () => (await health())?.level === 'up')
  await box.kill()
  await house.simulator.setFault(simulated.id, 'unreachable')
  await box.start(house.owner)
  const gone = await until('it is shown as gone', async () => {
    const now = await health()
    return now?.level === 'unreachable' && now
  })
  assert.ok(gone.diagnoses.length > 0)
  await house.simulator.clearFault(simulated.id, 'unreachable')
  await until('it is up again', async () => (await health())?.level === 'up')
})
