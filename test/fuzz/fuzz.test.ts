import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fuzzDatagrams, fuzzReplies } from './fuzz.ts'
import { recordBrands } from './record.ts'

const RUNS = 300
const seed = Date.now()
const recordings = await recordBrands(AbortSignal.timeout(30_000))

test('whatever a camera replies, an operation ends with a value or a plain error', { timeout: 60_000 }, async () => {
  const { understood, refused } = await fuzzReplies(recordings, { runs: RUNS, seed })
  assert.ok(understood > RUNS / 20 && refused > RUNS / 20, `${understood} understood, ${refused} refused`)
})

test('whatever answers a probe, discovery takes it or leaves it', () => {
  const { understood, refused } = fuzzDatagrams(recordings, { runs: 2000, seed })
  assert.ok(understood > 100 && refused > 100, `${understood} understood, ${refused} refused`)
})
