import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { holdLock, openDatabase, readDatabase } from './database.ts'

const STEPS = ['CREATE TABLE thing (name TEXT) STRICT']
const folder = () => mkdtempSync(join(tmpdir(), 'lenscap-database-'))

describe('a database that is only looked at', () => {
  it('is none where there is no file, and none is made', () => {
    const path = join(folder(), 'things.db')
    assert.equal(readDatabase(path, STEPS), undefined)
    assert.equal(existsSync(path), false)
  })

  it('is read beside its owner, and can not be written', () => {
    const path = join(folder(), 'things.db')
    const owner = openDatabase(path, STEPS)
    owner.prepare("INSERT INTO thing VALUES ('one')").run()
    const looked = readDatabase(path, STEPS)
    assert.deepEqual(looked?.prepare('SELECT name FROM thing').all(), [{ name: 'one' }])
    assert.throws(() => looked?.exec("INSERT INTO thing VALUES ('two')"), /readonly/)
    looked?.close()
    owner.close()
  })

  it('is refused with advice when it is damaged, or of another release', () => {
    const path = join(folder(), 'things.db')
    writeFileSync(path, 'this is no database'.repeat(100))
    assert.throws(() => readDatabase(path, STEPS), { kind: 'storage' })
    const older = join(folder(), 'things.db')
    openDatabase(older, STEPS).close()
    assert.throws(() => readDatabase(older, [...STEPS, 'SELECT 1']), { kind: 'storage', message: /another release/ })
  })
})

describe('a lock', () => {
  it('keeps a second one out until it is let go', () => {
    const path = join(folder(), 'lock.db')
    const first = holdLock(path, 'Stop the other one')
    assert.throws(() => holdLock(path, 'Stop the other one'), { kind: 'busy' })
    first[Symbol.dispose]()
    holdLock(path, 'Stop the other one')[Symbol.dispose]()
  })
})
