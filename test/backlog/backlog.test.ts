import assert from 'node:assert/strict'
import { it } from 'node:test'
import { proveBacklog } from './backlog.ts'

const TASK = { megabytes: 4, kills: 4, megabytesPerS: 20, megabytesPerCut: 0.7, megabytesPerItem: 0.5, seed: 1 }

it('a backlog arrives once and as it was, through a line that is cut and ends that are killed', {
  timeout: 180_000,
}, async (t) => {
  const proof = await proveBacklog(TASK, () => {}, t.signal)
  const { tried, survived, lost, doubled, cuts, ledgerHolds } = proof
  assert.ok(tried >= 6 && cuts >= 2, `${tried} clips, ${cuts} cuts`)
  assert.deepEqual(
    { survived, lost, doubled, ledgerHolds },
    { survived: tried, lost: 0, doubled: 0, ledgerHolds: true },
  )
})
