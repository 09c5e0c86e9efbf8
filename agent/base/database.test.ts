import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, it } from 'node:test'
import { holdLock, openDatabase, openOrReplaceDatabase, readDatabase } from './database.ts'

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

describe('a database that is damaged', () => {
  it('is set aside, of several the last alone, and a new one is begun', () => {
    const path = join(folder(), 'things.db')
    for (const nowMs of [1, 2]) {
      writeFileSync(path, 'this is no database'.repeat(100))
      const { db, setAside } = openOrReplaceDatabase(path, STEPS, nowMs)
      assert.deepEqual(db.prepare('SELECT name FROM thing').all(), [])
      db.close()
      assert.equal(setAside, `${path}.corrupt-${nowMs}`)
    }
    assert.deepEqual(readdirSync(dirname(path)).toSorted(), ['things.db', 'things.db.corrupt-2'])
    const { db, setAside } = openOrReplaceDatabase(path, STEPS, 3)
    db.close()
    assert.equal(setAside, undefined, 'one that is sound stays')
  })

  it('is named with what to do, where nobody sets it aside', () => {
    const path = join(folder(), 'things.db')
    writeFileSync(path, 'this is no database'.repeat(100))
    assert.throws(() => openDatabase(path, STEPS), { kind: 'storage', message: /things\.db is damaged: move it away/ })
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
