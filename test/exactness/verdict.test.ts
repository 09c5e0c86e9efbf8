import assert from 'node:assert/strict'
import { test } from 'node:test'
import { judge } from './verdict.ts'

test('a message that is missing is lost, one that is there twice is doubled, one that was never said is neither', () => {
  const accepted = [1, 2, 3].map((number) => ({ number, life: 0 }))
  const { tried, survived, lost, doubled, unsaid } = judge(accepted, ['1 0', '3 0', '3 0', '4 0'])
  assert.deepEqual([tried, survived, lost, doubled, unsaid], [3, 2, 1, 1, 1])
})
