import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CAMERAS } from './model.ts'
import { Network } from './network.ts'
import { play } from './play.ts'
import { World } from './world.ts'

const RUNS = 120
// The same each time: what `main.ts` is for is to look for others.
const SEED = 20_260_724

test('in random interleavings nothing leaves outside a grant, and what may leave arrives', async () => {
  await using network = await Network.start()
  const { runs } = await play(network, RUNS, SEED)
  assert.equal(runs, RUNS)
})

test('the ear on the wire hears what is allowed, and would say so if it were not', async () => {
  await using network = await Network.start()
  const [camera] = CAMERAS
  const allowed = new World(network)
  allowed.turn([`${camera}.clip`], 60_000)
  await allowed.clip(camera, 50_000, false)
  assert.deepEqual(await allowed.end(), { arrived: 1, bytes: 50_000 })
  assert.deepEqual(allowed.faults, [])

  const deceived = new World(network)
  deceived.turn([`${camera}.clip`], 60_000)
  // The model says no, and the box does not know.
  deceived.model.setCap(true)
  await deceived.clip(camera, 50_000, false)
  await deceived.end()
  assert.match(deceived.faults.join('\n'), /bytes of cameraaaaaaaaaaa\.clip leave, which is not allowed/)
})
