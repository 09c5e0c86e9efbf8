import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import Database from 'better-sqlite3'
import { LenscapError } from '../base/errors.ts'
import { box, bridge, CAMERA, proxy, until } from './bed.test.ts'

const MB = 1024 * 1024
/** An hour of the clock. */
const pad = (hour: number) => String(hour % 24).padStart(2, '0')

describe('permission for what leaves', () => {
  it('deletes every file of what waits, though the disk refuses to change one row', async (t) => {
    const { seen, bridgeUrl } = await bridge(t)
    const { allow, enqueue, start, egress, files, stateDir } = box(t, bridgeUrl)
    allow(1, ['clip'])
    for (const takenAt of [1, 2, 3]) await enqueue('clip', 1000, takenAt)
    const db = new Database(join(stateDir, 'egress.db'))
    db.exec("CREATE TRIGGER full BEFORE DELETE ON item BEGIN SELECT raise(ABORT, 'full'); END")
    allow(2, [])
    assert.deepEqual(files(), [])
    allow(3, ['clip'])
    start()
    db.exec('DROP TRIGGER full')
    db.close()
    await until('their rows are gone', () => egress.queued().items === 0)
    assert.equal(seen.requests, 0, 'nobody asks for an address for what is gone')
  })

  it('is looked at after a restart for all that waits, though nothing may leave at this hour', async (t) => {
    const { bridgeUrl } = await bridge(t)
    const first = box(t, bridgeUrl)
    first.allow(1, ['clip'])
    await first.enqueue('clip', 1000)
    // Nobody of the box's own sees it end.
    Object.assign(first.consent, { grant: () => undefined })
    await first.end()
    const hour = new Date().getHours()
    const hours = `${pad(hour + 12)}:00-${pad(hour + 13)}:00`
    const second = box(t, bridgeUrl, { hours }, { stateDir: first.stateDir })
    second.allow(2, [])
    assert.equal(second.files().length, 1, 'a new box has not looked yet')
    second.start()
    await until('it is deleted', () => second.files().length === 0)
    assert.equal(second.activities[0]?.kind, 'upload-cancelled')
  })

  it('asks before each request and each piece whether it still may', async (t) => {
    const { seen, bridgeUrl } = await bridge(t)
    for (const passing of [0, 1, 2, 3, 4]) {
      const { allow, enqueue, start, egress, activities, consent, end } = box(t, bridgeUrl)
      allow(1, ['clip'])
      await enqueue('clip', 1000)
      const grant = consent.grant(CAMERA, 'clip')
      assert.ok(grant)
      let asked = 0
      const check = () => {
        asked += 1
        if (asked > passing) throw new LenscapError('refused', 'It has run out, and nobody has noticed yet', {})
      }
      Object.assign(grant, { check })
      const before = seen.requests
      start()
      await until('it gives up', () => activities.length > 0)
      const left = egress.ledger.last()
      await end()
      // Twice before anything is dialled, once before each request, and then for each piece.
      assert.ok(seen.requests - before <= Math.max(0, passing - 2), `${passing} answers let ${seen.requests} pass`)
      assert.equal(left, undefined, 'and not one piece left')
    }
  })

  it('lets nothing wait that was taken while permission ended, though it has come back since', async (t) => {
    const { bridgeUrl } = await bridge(t)
    const { allow, enqueue, files, consent } = box(t, bridgeUrl)
    // Each time at a later step: at the first question, at the second, and so on.
    for (const step of [1, 2, 3, 4]) {
      allow(3 * step, ['clip'])
      const grant = consent.grant(CAMERA, 'clip')
      assert.ok(grant)
      const check = grant.check.bind(grant)
      let asked = 0
      const thenTurn = () => {
        asked += 1
        check()
        if (asked !== step) return
        setImmediate(() => {
          allow(3 * step + 1, [])
          allow(3 * step + 2, ['clip'])
        })
      }
      Object.assign(grant, { check: thenTurn })
      if (step < 4) await assert.rejects(enqueue('clip', 1000), { kind: 'refused' }, `step ${step}`)
      else await enqueue('clip', 1000)
      assert.deepEqual(files().length, step < 4 ? 0 : 1, `${asked} questions`)
    }
  })

  it('asks again for each item that waits, when its turn comes', async (t) => {
    const { seen, port } = await bridge(t)
    const { bridgeUrl, line } = await proxy(t, port)
    const { allow, enqueue, start, activities, consent, files } = box(t, bridgeUrl)
    allow(1, ['clip'])
    await enqueue('clip', 2 * MB, 2000)
    line.holdAfter = MB
    start()
    await until('the first is on its way', () => line.upBytes > MB)
    await enqueue('clip', 1000, 1000)
    Object.assign(consent, { grant: () => undefined })
    line.goOn()
    await until('the second is cancelled', () => activities.at(-1)?.kind === 'upload-cancelled')
    assert.deepEqual([files(), seen.creations], [[], 1])
  })

  it('is not needed to book what left, on a disk that had no room for its end, before the next item leaves', async (t) => {
    const { seen, port } = await bridge(t)
    const { bridgeUrl, line } = await proxy(t, port)
    const { allow, enqueue, start, egress, stateDir } = box(t, bridgeUrl, { chunkBytes: 64 * MB })
    const fill = (sql: string) => {
      const db = new Database(join(stateDir, 'egress.db'))
      db.exec(sql)
      db.close()
    }
    allow(1, ['clip'])
    await enqueue('clip', 32 * MB)
    line.holdAfter = MB
    start()
    await until('it is on its way', () => line.upBytes > MB)
    fill("CREATE TRIGGER full BEFORE INSERT ON ledger BEGIN SELECT raise(ABORT, 'full'); END")
    allow(2, [])
    line.goOn()
    await until('it is cut', () => line.open === 0)
    fill('DROP TRIGGER full')
    allow(3, ['clip'])
    await enqueue('clip', 1000)
    await until('the next has arrived', () => seen.items.length === 1)
    const outcomes = () => egress.ledger.rows(0, 9).map((row) => row.outcome)
    await until('it is booked', () => outcomes().length === 4)
    assert.deepEqual(outcomes(), ['begun', 'cut', 'begun', 'done'])
    assert.ok(egress.totals().bytes > line.upBytes - MB / 2, `${egress.totals().bytes} of ${line.upBytes} bytes`)
  })

  it('is looked at for all that waits after a restart, though the disk refuses to change one row', async (t) => {
    const { bridgeUrl } = await bridge(t)
    const first = box(t, bridgeUrl)
    first.allow(1, ['clip', 'snapshot'])
    await first.enqueue('clip', 1000)
    await first.enqueue('snapshot', 1000)
    await first.end()
    first.cap.set(true)
    const db = new Database(join(first.stateDir, 'egress.db'))
    db.exec("CREATE TRIGGER full BEFORE DELETE ON item BEGIN SELECT raise(ABORT, 'full'); END")
    db.close()
    const second = box(t, bridgeUrl, {}, { stateDir: first.stateDir })
    second.start()
    await until('both are deleted', () => second.files().length === 0)
  })

  it('is asked of a box that starts on a disk without room, though a transfer has no end in its ledger', async (t) => {
    const { port } = await bridge(t)
    const { bridgeUrl, line } = await proxy(t, port)
    const first = box(t, bridgeUrl)
    first.allow(1, ['clip'])
    await first.enqueue('clip', 2 * MB)
    line.holdAfter = MB
    first.start()
    await until('it is on its way', () => line.upBytes > MB)
    const db = new Database(join(first.stateDir, 'egress.db'))
    db.exec("CREATE TRIGGER full BEFORE INSERT ON ledger BEGIN SELECT raise(ABORT, 'full'); END")
    await first.end()
    const second = box(t, bridgeUrl, {}, { stateDir: first.stateDir })
    assert.equal(second.egress.ledger.last()?.outcome, 'begun')
    db.close()
    second.allow(2, [])
    second.start()
    await until('it is deleted', () => second.files().length === 0)
  })

  it('waits for room on the disk to book what leaves, and keeps the item', async (t) => {
    const { seen, bridgeUrl } = await bridge(t)
    const { allow, enqueue, start, stateDir, activities } = box(t, bridgeUrl)
    allow(1, ['clip'])
    await enqueue('clip', 1000)
    const db = new Database(join(stateDir, 'egress.db'))
    db.exec("CREATE TRIGGER full BEFORE INSERT ON ledger BEGIN SELECT raise(ABORT, 'full'); END")
    start()
    await until('it is told', () => activities[0]?.kind === 'upload-failed')
    assert.match(activities[0]?.message ?? '', /waits/)
    assert.equal(seen.items.length, 0)
    db.exec('DROP TRIGGER full')
    db.close()
    await until('it has arrived', () => seen.items.length === 1)
  })
})
