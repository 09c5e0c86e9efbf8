import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from '../base/clock.ts'
import { LenscapError } from '../base/errors.ts'
import { HealthMonitor } from './monitor.ts'
import { streamTroubleOf } from './stream-trouble.ts'

const TABLE: readonly [string, unknown, string][] = [
  ['that stalls', new LenscapError('timeout', 'sent no video', { diagnosis: 'STREAM_STALLED' }), 'STREAM_STALLED'],
  ['that is not found', new LenscapError('invalid', 'answered DESCRIBE with 404 Not Found'), 'STREAM_STALLED'],
  ['that is full', new LenscapError('busy', 'answered SETUP with 453'), 'SLOTS_FULL'],
  ['that is locked', new LenscapError('busy', 'locked', { reason: 'locked-out' }), 'LOCKED_OUT'],
  ['that refuses the password', new LenscapError('refused', 'no', { diagnosis: 'AUTH_REJECTED' }), 'AUTH_REJECTED'],
  ['that says something strange', new LenscapError('invalid', 'x', { diagnosis: 'NO_SUCH_CODE' }), 'STREAM_STALLED'],
  ['that fails otherwise', new Error('x'.repeat(1000)), 'STREAM_STALLED'],
]

for (const [name, error, code] of TABLE) {
  test(`a stream ${name} is told as ${code}, with the reason`, () => {
    const trouble = streamTroubleOf(error)
    assert.equal(trouble.code, code)
    assert.match(trouble.detail, /^no picture comes: ./)
    assert.ok(trouble.detail.length <= 256)
  })
}

test('a recorder misses a picture as long as any of its cameras does', async () => {
  const stop = new AbortController()
  const device = { clock: { skewMs: 0, latencyMs: 1, anonymous: true }, readClock: async () => device.clock }
  const deps = { device: () => device, trouble: () => undefined, clock: systemClock, signal: stop.signal }
  const monitor = new HealthMonitor(deps)
  const said: string[] = []
  monitor.stream('cameraaaaaaaaaaa', new Error('gone'))
  monitor.stream('camerabbbbbbbbbb', new Error('lost'))
  monitor.stream('cameraaaaaaaaaaa')
  monitor.stream('camerabbbbbbbbbb')
  for await (const { diagnoses } of monitor.run()) {
    said.push(diagnoses.map(({ detail }) => detail).join())
    if (said.at(-1) === '') stop.abort()
  }
  assert.deepEqual(said, ['no picture comes: gone', 'no picture comes: lost', ''])
})
