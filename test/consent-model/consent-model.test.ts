import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Network } from './network.ts'
import { play } from './play.ts'

const RUNS = 200
// The same each time: what `main.ts` is for is to look for others.
const SEED = 20_260_724

test('in random interleavings nothing leaves outside a grant, and what is allowed arrives', async () => {
  await using network = await Network.start()
  const { runs, arrived } = await play(network, RUNS, SEED)
  assert.equal(runs, RUNS)
  assert.ok(arrived > RUNS / 4, `only ${arrived} items left`)
})
