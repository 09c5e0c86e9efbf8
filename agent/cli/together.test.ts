import assert from 'node:assert/strict'
import { test } from 'node:test'
import { together } from './together.ts'

test('the first work that fails stops the others, and is thrown when all have ended', async () => {
  const stop = new AbortController()
  let ended = false
  const patient = new Promise<void>((resolve) => {
    stop.signal.addEventListener('abort', () =>
      setImmediate(() => {
        ended = true
        resolve()
      }),
    )
  })
  await assert.rejects(together(stop, [patient, Promise.reject(new Error('the disk is gone'))]), {
    message: 'the disk is gone',
  })
  assert.equal(ended, true)
})
