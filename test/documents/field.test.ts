import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

const ROOT = join(import.meta.dirname, '../..')

test('every test that the list of what hurt people names is there', () => {
  const rows = readFileSync(join(ROOT, 'test/README.md'), 'utf8')
    .split('\n')
    .filter((line) => /^\| .*`/.test(line))
  assert.ok(rows.length >= 20)
  for (const row of rows) {
    const named = [...row.matchAll(/`([^`]+)`(?:: "([^"]+)")?/g)]
    assert.ok(named.length > 0, row)
    for (const [, path = '', title = ''] of named) {
      assert.ok(existsSync(join(ROOT, path)), path)
      const text = readFileSync(join(ROOT, path), 'utf8').replaceAll("\\'", "'")
      assert.ok(text.includes(title), `${path} has no test "${title}"`)
    }
  }
})
