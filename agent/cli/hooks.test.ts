import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { Hooks } from './hooks.ts'

test('hooks are called one event after the other, in order, and one that fails is told', async () => {
  const hooksDir = mkdtempSync(join(tmpdir(), 'lenscap-hooks-'))
  const out = join(hooksDir, 'out')
  for (const event of ['cap-on', 'cap-off'] as const) {
    mkdirSync(join(hooksDir, event))
    const script = join(hooksDir, event, 'note')
    // The first is the slower one: side by side they would change places.
    writeFileSync(script, `#!/bin/sh\n${event === 'cap-on' ? 'sleep 0.1' : ''}\necho $1 >> ${out}\nexit 3\n`)
    chmodSync(script, 0o755)
  }
  const warnings: string[] = []
  const ignore = () => {}
  const logger = {
    debug: ignore,
    info: ignore,
    warn: (_: object, message: string) => warnings.push(message),
    error: ignore,
  }
  const hooks = new Hooks(hooksDir, logger, new AbortController().signal)
  hooks.call('cap-on', {})
  hooks.call('cap-off', {})
  await hooks.end()
  assert.equal(readFileSync(out, 'utf8'), 'cap-on\ncap-off\n')
  assert.deepEqual(warnings, ['A hook did not succeed', 'A hook did not succeed'])
})
