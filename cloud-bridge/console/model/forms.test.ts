import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RETRY_MS_MAX, RETRY_MS_MIN, retryDelayMs } from './backoff.ts'
import { formatCode, isWholeCode } from './claim-code.ts'
import { camera, overview } from './sample.ts'
import { checkSetup } from './setup-form.ts'
import { consentWords, mediaWords } from './words.ts'

test('a code is set in groups as it is typed, pasted or read wrongly', () => {
  assert.equal(formatCode('ab'), 'AB')
  assert.equal(formatCode('abcde'), 'ABCD-E')
  assert.equal(formatCode(' abcd efgh-ijklm extra'), 'ABCD-EFGH-IJKLM')
  assert.equal(formatCode('018'), 'OIB')
  assert.equal(formatCode('ABCD-'), 'ABCD')
})

test('only a whole code may be sent', () => {
  assert.equal(isWholeCode('ABCD-EFGH-IJKLM'), true)
  assert.equal(isWholeCode('ABCD-EFGH-IJKL'), false)
})

test('the set-up form says what is wrong with each field', () => {
  const good = { name: 'Anna', email: 'a@example.com', username: 'anna', password: 'a'.repeat(12) }
  assert.deepEqual(checkSetup(good), {})
  assert.deepEqual(Object.keys(checkSetup({ name: ' ', email: 'a@', username: 'Anna', password: 'short' })), [
    'name',
    'email',
    'username',
    'password',
  ])
})

test('the wait between tries grows within its bounds', () => {
  assert.equal(retryDelayMs(0, 1), RETRY_MS_MIN)
  assert.equal(retryDelayMs(1, 1), 2 * RETRY_MS_MIN)
  assert.equal(retryDelayMs(99, 1), RETRY_MS_MAX)
  assert.equal(retryDelayMs(99, 0), RETRY_MS_MAX / 2)
})

test('"nothing has left" is said only where no switch was ever turned', () => {
  const untouched = overview([camera('front')])
  assert.equal(mediaWords(untouched), 'nothing has left')
  const touched = { ...camera('front'), consent: { kinds: [], changedAt: 1, changedBy: 'Anna' } }
  assert.equal(mediaWords(overview([touched])), 'nothing is held')
  assert.equal(mediaWords({ ...untouched, totals: { messages: 1, mediaItems: 2, mediaBytes: 5 } }), '2 items')
})

test('consent is told by what may leave', () => {
  const words = (kinds: ('snapshot' | 'clip' | 'live')[]) => consentWords({ kinds, changedAt: null, changedBy: null })
  assert.deepEqual(
    [words([]), words(['snapshot']), words(['clip']), words(['clip', 'snapshot'])],
    ['Off', 'Snapshots only', 'Clips only', 'On'],
  )
})
