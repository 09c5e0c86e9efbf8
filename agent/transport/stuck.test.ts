import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { systemClock } from '../base/clock.ts'
import { silentLogger } from '../base/logger.ts'
import { Spool } from '../spool/spool.ts'
import { fitting, StuckMessage } from './stuck.ts'

const CAMERA = 'cameraaaaaaaaaaa'

/** A queue with a small message, a large one and a small one. */
async function queue(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'lenscap-stuck-'))
  const spool = new Spool({ path: join(folder, 'spool.db'), clock: systemClock, logger: silentLogger })
  t.after(() => {
    spool[Symbol.dispose]()
    rmSync(folder, { recursive: true })
  })
  const small = { name: 'activity', body: { kind: 'cap-on', message: 'small' } } as const
  const lines = Array.from({ length: 40 }, () => 'x'.repeat(500))
  await Promise.all([
    spool.append(small),
    spool.append({ name: 'camera-log', id: CAMERA, body: { lines } }),
    spool.append(small),
  ])
  return spool
}

describe('a message that a broker never takes', () => {
  it('gives way to a notice in its place, where the broker cuts at it again and again', async (t) => {
    const spool = await queue(t)
    const stuck = new StuckMessage()
    stuck.ended(spool, 2)
    assert.equal(stuck.window(64), 64)
    stuck.ended(spool, 2)
    assert.equal(stuck.window(64), 1)
    for (let cut = 3; cut <= 4; cut += 1) stuck.ended(spool, 2)
    assert.equal(spool.read(1, 1)[0]?.name, 'camera-log')
    stuck.ended(spool, 2)
    const [notice] = spool.read(1, 1)
    assert.deepEqual([notice?.seq, notice?.name, notice?.id], [2, 'activity', undefined])
    assert.match(notice?.payload ?? '', new RegExp(`camera-log message of camera ${CAMERA} with 2\\d{4} bytes`))
    assert.deepEqual([spool.depth().messages, spool.depth().dropped], [3, 1])
    assert.equal(stuck.window(64), 64)
  })

  it('is never a small one, nor one that the broker got past', async (t) => {
    const spool = await queue(t)
    const stuck = new StuckMessage()
    for (let cut = 1; cut <= 9; cut += 1) stuck.ended(spool, 1)
    assert.equal(stuck.window(64), 1)
    for (let cut = 1; cut <= 4; cut += 1) stuck.ended(spool, 2)
    stuck.ended(spool, undefined)
    assert.equal(stuck.window(64), 64)
    stuck.ended(spool, 2)
    assert.deepEqual(
      spool.read(0, 3).map(({ name }) => name),
      ['activity', 'camera-log', 'activity'],
    )
  })

  it('is not even sent where the broker told the size that it takes', async (t) => {
    const spool = await queue(t)
    const [small, large] = spool.read(0, 2)
    assert.ok(small && large)
    assert.equal(fitting(small, 'a/topic', 10_000, spool), small)
    assert.equal(fitting(large, 'a/topic', 10_000, spool).name, 'activity')
    assert.equal(spool.read(1, 1)[0]?.name, 'activity')
  })
})
