import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { DIFFERENCES, rowOf } from './client-differences.testing.ts'

test('the documentation names every difference between a client and a camera', async () => {
  const text = await readFile(new URL('../../docs/simulator-clients.md', import.meta.url), 'utf8')
  for (const difference of DIFFERENCES) assert.ok(text.includes(rowOf(difference)), rowOf(difference))
})
