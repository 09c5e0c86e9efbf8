import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { inspect } from 'node:util'
import { systemClock } from '../base/clock.ts'
import { newId } from '../base/ids.ts'
import type { Grant } from '../consent/consent.ts'
import { sealedBytesOf } from '../protocol/media-cipher.ts'
import { box, bridge, CAMERA, proxy, readSealed, TOKEN, until } from './bed.test.ts'
import type { EgressItem } from './queue.ts'

const MB = 1024 * 1024

/** How often permission was asked: once for each piece that leaves. */
function countPieces(grant: Grant | undefined): () => number {
  assert.ok(grant)
  const check = grant.check.bind(grant)
  let asked = 0
  grant.check = () => {
    asked += 1
    check()
  }
  return () => asked
}

/**
 * True once the number is above 8 and was the same at so many looks in a row: sender and line live in this process, so that
 * each look gives them their turn, however busy the machine is.
 */
function unmoved(looks: number, count: () => number): () => boolean {
  let [last, same] = [0, 0]
  return () => {
    same = count() === last ? same + 1 : 0
    last = count()
    return last > 8 && same >= looks
  }
}

describe('egress', () => {
  it('sends an item with what the contract says of it, books it, and lets the file go', async (t) => {
    const { bridgeUrl, seen } = await bridge(t)
    const { allow, enqueue, start, egress, activities, files } = box(t, bridgeUrl)
    allow(4, ['snapshot'])
    const plain = randomBytes(100_000)
    const { path, bytes: _bytes, sha256: _plain, ...item } = await enqueue('snapshot', plain.length, 7, plain)
    assert.equal(files().length, 1)
    assert.equal(existsSync(path), false)
    start()
    await until('it is told', () => activities.length === 1)
    const { envelope, sha256, ...said } = seen.items[0] ?? assert.fail('nothing came')
    assert.deepEqual(said, { ...item, grantSerial: 4 })
    assert.deepEqual(await readSealed(seen.files[0] ?? '', { envelope }), plain)
    assert.equal(activities[0]?.kind, 'upload-done')
    assert.deepEqual(egress.totals(), { bytes: sealedBytesOf(plain.length), items: 1 })
    assert.deepEqual(
      egress.ledger.rows(0, 9).map((row) => [row.outcome, row.sha256]),
      [
        ['begun', sha256],
        ['done', sha256],
      ],
    )
    assert.deepEqual([egress.queued().items, files().length], [0, 0])
  })

  it('removes files that a crash left without a row', async (t) => {
    const stateDir = mkdtempSync(join(tmpdir(), 'lenscap-strays-'))
    mkdirSync(join(stateDir, 'media-queue'))
    writeFileSync(join(stateDir, 'media-queue', 'strayaaaaaaaaaaa'), 'a picture')
    const { files } = box(t, 'http://127.0.0.1:1', {}, { stateDir })
    assert.deepEqual(files(), [])
  })

  it('opens no connection with an empty queue, and takes nothing under a grant that is gone or for another kind', async (t) => {
    const { seen, port } = await bridge(t)
    const { bridgeUrl, line } = await proxy(t, port)
    const { allow, enqueue, start, consent, egress, files, stateDir } = box(t, bridgeUrl)
    start()
    allow(1, ['snapshot'])
    const grant = consent.grant(CAMERA, 'snapshot')
    assert.ok(grant)
    const path = join(stateDir, 'made')
    const item: EgressItem = {
      item: newId(),
      camera: CAMERA,
      kind: 'clip',
      contentType: 'video/mp4',
      path,
      bytes: 3,
      sha256: 'a'.repeat(64),
      takenAt: 1,
      durationMs: 1,
      reason: 'motion',
    }
    writeFileSync(path, 'abc')
    await assert.rejects(egress.enqueue(grant, item), { kind: 'invalid' })
    allow(2, [])
    writeFileSync(path, 'abc')
    await assert.rejects(egress.enqueue(grant, { ...item, kind: 'snapshot' }), { kind: 'refused' })
    assert.equal(existsSync(path), false, 'what may not leave is not kept')
    await assert.rejects(enqueue('snapshot', 10))
    assert.deepEqual([files().length, line.connections, seen.requests], [0, 0, 0])
  })

  it('goes on where the connection was cut, without sending everything twice', async (t) => {
    const { seen, port } = await bridge(t)
    const { bridgeUrl, line } = await proxy(t, port)
    const { allow, enqueue, start, egress, activities } = box(t, bridgeUrl)
    allow(1, ['clip'])
    await enqueue('clip', 4 * MB)
    line.cutAfter = 2 * MB
    start()
    await until('it arrived', () => seen.items.length === 1)
    await until('it is told', () => activities.at(-1)?.kind === 'upload-done')
    assert.ok(line.upBytes < 4.6 * MB, `${line.upBytes} bytes went up`)
    assert.equal(seen.creations, 1)
    assert.deepEqual(
      egress.ledger.rows(0, 9).map((row) => row.outcome),
      ['begun', 'cut', 'begun', 'done'],
    )
    assert.ok(egress.totals().bytes >= 4 * MB && egress.totals().bytes < 4.6 * MB)
    assert.equal(egress.ledger.verify().broken, undefined)
    assert.deepEqual(
      activities.map(({ kind }) => kind),
      ['upload-failed', 'upload-done'],
    )
  })

  it('cuts a stuck transfer and deletes what waits when permission ends', async (t) => {
    const { seen, port } = await bridge(t)
    const { bridgeUrl, line } = await proxy(t, port)
    const { allow, enqueue, start, egress, activities, files, consent } = box(t, bridgeUrl, { chunkBytes: 64 * MB })
    allow(1, ['clip', 'snapshot'])
    await enqueue('clip', 32 * MB)
    await enqueue('clip', 1000, 5)
    const pieces = countPieces(consent.grant(CAMERA, 'clip'))
    line.holdAfter = MB
    start()
    await until('it is stuck', unmoved(150, pieces))
    allow(2, ['snapshot'])
    // Long before the 30 s after which a stuck transfer ends by itself.
    await until('nothing is left', () => egress.ledger.last()?.outcome === 'cut' && files().length === 0)
    assert.deepEqual(activities, [
      {
        kind: 'upload-cancelled',
        camera: CAMERA,
        message: '2 clips that had not left were deleted: no longer allowed',
      },
    ])
    line.goOn()
    await until('the connection is closed', () => line.open === 0)
    const cut = egress.ledger.last()?.bytes ?? 0
    assert.ok(line.upBytes < cut - MB / 2, `what the system had buffered followed: ${line.upBytes} of ${cut}`)
    assert.deepEqual([seen.items.length, egress.queued().items], [0, 0])
  })

  it('deletes what waits when the permission ends, also while nothing is being sent', async (t) => {
    const { bridgeUrl, seen } = await bridge(t)
    const { allow, enqueue, activities, files } = box(t, bridgeUrl)
    allow(1, ['snapshot'])
    await enqueue('snapshot', 1000)
    allow(2, [])
    assert.deepEqual([files().length, activities[0]?.kind, seen.requests], [0, 'upload-cancelled', 0])
  })

  it('obeys the cap in the middle of a transfer', async (t) => {
    const { port } = await bridge(t)
    const { bridgeUrl, line } = await proxy(t, port)
    const { allow, enqueue, start, activities, cap, files } = box(t, bridgeUrl)
    allow(1, ['clip'])
    await enqueue('clip', 8 * MB)
    line.holdAfter = MB
    start()
    await until('it is on its way', () => line.upBytes > MB)
    cap.set(true)
    await until('it is cancelled', () => activities[0]?.kind === 'upload-cancelled')
    assert.equal(files().length, 0)
  })

  it('goes on after a restart where it was stopped', async (t) => {
    const { seen, port } = await bridge(t)
    const { bridgeUrl, line } = await proxy(t, port)
    const first = box(t, bridgeUrl)
    first.allow(1, ['clip'])
    await first.enqueue('clip', 4 * MB)
    line.holdAfter = 2 * MB
    first.start()
    await until('it is on its way', () => line.upBytes > 2 * MB)
    await first.end()
    line.holdAfter = Number.POSITIVE_INFINITY
    assert.equal(first.activities.length, 0)
    const second = box(t, bridgeUrl, {}, { stateDir: first.stateDir })
    second.start()
    await until('it arrived', () => second.activities.at(-1)?.kind === 'upload-done')
    assert.equal(seen.items.length, 1)
    assert.equal(seen.creations, 1)
    assert.ok(line.upBytes < 4.6 * MB, `${line.upBytes} bytes went up`)
  })

  it('deletes after a restart what is no longer allowed, and files that nobody knows, without a connection', async (t) => {
    const { port } = await bridge(t)
    const { bridgeUrl, line } = await proxy(t, port)
    const first = box(t, bridgeUrl)
    first.allow(1, ['clip'])
    await first.enqueue('clip', 1000)
    await first.end()
    writeFileSync(join(first.stateDir, 'media-queue', 'orphan'), 'media')
    first.cap.set(true)
    const second = box(t, bridgeUrl, {}, { stateDir: first.stateDir })
    second.start()
    await until('it is told', () => second.activities.length === 1)
    assert.equal(second.activities[0]?.kind, 'upload-cancelled')
    assert.deepEqual([second.files().length, line.connections], [0, 0])
  })

  it('stops asking a bridge that refuses it, says so once, and never shows the token', async (t) => {
    const { bridgeUrl, seen } = await bridge(t)
    seen.refuse = 403
    const { allow, enqueue, start, activities, egress } = box(t, bridgeUrl)
    allow(1, ['snapshot'])
    await enqueue('snapshot', 1000)
    start()
    await until('it is told', () => activities.length === 1)
    await systemClock.sleep(100)
    assert.deepEqual([seen.requests, activities.length, egress.queued().items], [1, 1, 1])
    assert.deepEqual(egress.totals(), { bytes: 0, items: 0 })
    assert.equal(inspect(activities, { depth: 9 }).includes(TOKEN), false)
  })

  it('gives up what the bridge will never take', async (t) => {
    const { bridgeUrl, seen } = await bridge(t)
    seen.refuse = 413
    const { allow, enqueue, start, activities, files } = box(t, bridgeUrl)
    allow(1, ['snapshot'])
    await enqueue('snapshot', 1000)
    start()
    await until('it is told', () => activities.length === 1)
    assert.equal(activities[0]?.kind, 'upload-failed')
    assert.equal(files().length, 0)
  })

  it('sends to the bridge alone, whatever the answer names', async (t) => {
    const trap = await proxy(t, 1)
    const { bridgeUrl, seen } = await bridge(t, trap.bridgeUrl)
    const { allow, enqueue, start } = box(t, bridgeUrl)
    allow(1, ['snapshot'])
    await enqueue('snapshot', 1000)
    start()
    await until('it arrived', () => seen.items.length === 1)
    assert.equal(trap.line.connections, 0)
  })

  it('is bounded: the oldest go, by name', async (t) => {
    const { bridgeUrl } = await bridge(t)
    const { allow, enqueue, egress, activities, files } = box(t, bridgeUrl, { bytesMax: 2500 })
    allow(1, ['snapshot'])
    for (let i = 1; i <= 4; i++) await enqueue('snapshot', 1000, i * 1000)
    assert.deepEqual(egress.queued(), { items: 2, bytes: 2 * sealedBytesOf(1000) })
    assert.equal(files().length, 2)
    assert.match(activities[0]?.message ?? '', /full: 1 items were deleted, taken from 1970-01-01T00:00:01.000Z/)
    await assert.rejects(enqueue('snapshot', 3000), { kind: 'limit' })
  })

  it('books after a power cut what may have left', async (t) => {
    const { bridgeUrl } = await bridge(t)
    const first = box(t, bridgeUrl)
    first.egress.ledger.append({
      at: 1,
      item: newId(),
      camera: CAMERA,
      kind: 'clip',
      grantSerial: 1,
      sha256: 'a'.repeat(64),
      bytes: 5000,
      outcome: 'begun',
    })
    await first.end()
    const { egress } = box(t, bridgeUrl, {}, { stateDir: first.stateDir })
    assert.deepEqual([egress.ledger.last()?.outcome, egress.totals().bytes], ['cut', 5000])
    assert.equal(egress.ledger.verify().broken, undefined)
  })
})
