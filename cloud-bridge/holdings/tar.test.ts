import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { TAR_END, tarHeader, tarPadding } from './tar.ts'

describe('an archive', () => {
  it('is what the system\u2019s own tar takes for one', () => {
    const folder = mkdtempSync(join(tmpdir(), 'lenscap-tar-'))
    const long = `media/${'a'.repeat(32)}/${'b'.repeat(32)}/2026-01-01T00-00-00-${'c'.repeat(32)}.jpg`
    const files = new Map([
      ['README.txt', Buffer.from('hello')],
      ['empty.json', Buffer.alloc(0)],
      ['full.bin', Buffer.alloc(512, 1)],
      [long, Buffer.alloc(70_000, 7)],
    ])
    const modifiedMs = Date.UTC(2026, 0, 2)
    const parts = Array.from(files, ([name, bytes]) => [
      tarHeader(name, bytes.length, modifiedMs),
      bytes,
      tarPadding(bytes.length),
    ])
    writeFileSync(join(folder, 'a.tar'), Buffer.concat([...parts.flat(), TAR_END]))
    execFileSync('tar', ['-xf', 'a.tar'], { cwd: folder, stdio: 'pipe' })
    for (const [name, bytes] of files) assert.deepEqual(readFileSync(join(folder, name)), bytes, name)
    const { mtimeMs, mode } = statSync(join(folder, 'README.txt'))
    assert.deepEqual([mtimeMs, mode & 0o777], [modifiedMs, 0o600])
  })

  it('refuses what it has no room for', () => {
    assert.throws(() => tarHeader('x'.repeat(101), 1, 0), { kind: 'limit' })
    assert.throws(() => tarHeader(`${'x'.repeat(200)}/y`, 1, 0), { kind: 'limit' })
    assert.throws(() => tarHeader('x', 8 ** 11, 0), { kind: 'limit' })
  })
})
