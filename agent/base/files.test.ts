import assert from 'node:assert/strict'
import { chownSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { readConfiguration, writeFileDurably } from './files.ts'

function place(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'files-'))
  t.after(() => rmSync(folder, { recursive: true }))
  return folder
}

describe('a file that is written durably', () => {
  it('is its owner’s alone unless said otherwise, whole, and makes the folders that it needs', async (t) => {
    const path = join(place(t), 'below', 'file')
    await writeFileDurably(path, 'one')
    await writeFileDurably(path, 'two')
    assert.deepEqual([readFileSync(path, 'utf8'), statSync(path).mode & 0o777], ['two', 0o600])
    await writeFileDurably(path, 'three', 0o644)
    assert.equal(statSync(path).mode & 0o777, 0o644)
    assert.deepEqual(readdirSync(join(path, '..')), ['file'])
  })

  it('may be written by several at once: one of them wins, none is mixed', async (t) => {
    const path = join(place(t), 'file')
    const texts = Array.from({ length: 20 }, (_, i) => `${i}`.repeat(10_000))
    await Promise.all(texts.map((text) => writeFileDurably(path, text)))
    assert.ok(texts.includes(readFileSync(path, 'utf8')))
    assert.deepEqual(readdirSync(join(path, '..')), ['file'])
  })

  it('leaves nothing half where it can not be written', async (t) => {
    const folder = place(t)
    mkdirSync(join(folder, 'file'))
    await assert.rejects(writeFileDurably(join(folder, 'file'), 'text'))
    assert.deepEqual(readdirSync(folder), ['file'])
  })

  it('that root writes belongs to whom the folder belongs', { skip: process.getuid?.() !== 0 }, async (t) => {
    const folder = place(t)
    chownSync(folder, 4711, 4712)
    await writeFileDurably(join(folder, 'file'), 'text')
    const { uid, gid } = statSync(join(folder, 'file'))
    assert.deepEqual([uid, gid], [4711, 4712])
  })
})

describe('a configuration that is not there', () => {
  it('is named, with what to look at', async (t) => {
    const path = join(place(t), 'none.yaml')
    await assert.rejects(readConfiguration(path), { kind: 'invalid', message: /none\.yaml: check the path/ })
  })
})
