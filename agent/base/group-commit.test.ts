import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { openDatabase, readDatabase } from './database.ts'
import { GroupCommit } from './group-commit.ts'
import { Statements } from './statements.ts'

const STEPS = ['CREATE TABLE thing (name TEXT UNIQUE) STRICT']

function table(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'lenscap-group-'))
  const path = join(folder, 'things.db')
  const db = openDatabase(path, STEPS)
  const other = readDatabase(path, STEPS)
  t.after(() => {
    db.close()
    other?.close()
    rmSync(folder, { recursive: true })
  })
  const statements = new Statements(db)
  const put = (name: string) => () => void statements.of('INSERT INTO thing VALUES (?)').run(name)
  /** What is on disk, as another program sees it. */
  const names = () => other?.prepare('SELECT name FROM thing ORDER BY name').pluck().all()
  return { db, put, names }
}

test('writes of one moment share one commit, and are on disk when they are said to be', async (t) => {
  const { db, put, names } = table(t)
  const group = new GroupCommit(db)
  const [one, two] = [group.add(put('one')), group.add(put('two'))]
  assert.deepEqual(names(), [])
  await one
  assert.deepEqual(names(), ['one', 'two'])
  await two
  await group.add(put('three'))
  assert.deepEqual(names(), ['one', 'three', 'two'])
})

test('who handed a write over is told that its group failed; the next group is another matter', async (t) => {
  const { db, put, names } = table(t)
  const group = new GroupCommit(db)
  const together = [group.add(put('one')), group.add(put('one'))]
  for (const each of await Promise.allSettled(together)) assert.equal(each.status, 'rejected')
  assert.deepEqual(names(), [])
  await group.add(put('one'))
  assert.deepEqual(names(), ['one'])
})

test('what waits is bounded: more than that is committed at once', async (t) => {
  const { db, put, names } = table(t)
  const group = new GroupCommit(db, 3_600_000)
  const writes = Array.from({ length: 512 }, (_, i) => group.add(put(String(i))))
  await Promise.all(writes)
  assert.equal(names()?.length, 512)
  const late = group.add(put('late'))
  group.flush()
  await late
  assert.equal(names()?.length, 513)
})
