import assert from 'node:assert/strict'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { holdAlone } from './sole.ts'

test('a folder is held by one at a time, and free again at the end', () => {
  const path = join(mkdtempSync(join(tmpdir(), 'lenscap-sole-')), 'lock')
  const first = holdAlone(path, 'Stop the other one')
  assert.throws(() => holdAlone(path, 'Stop the other one'), { kind: 'busy', message: 'Stop the other one' })
  first[Symbol.dispose]()
  holdAlone(path, 'Stop the other one')[Symbol.dispose]()
})

test('a place that can not be locked is named', () => {
  assert.throws(() => holdAlone('/dev/null/lock', ''), { kind: 'storage', message: /^Can't lock \/dev\/null\/lock: / })
})
