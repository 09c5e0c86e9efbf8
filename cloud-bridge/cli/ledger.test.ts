import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { systemClock } from '../../agent/base/clock.ts'
import { LEDGER_NOTHING, type LedgerRow, ledgerHash } from '../../agent/protocol/ledger.ts'
import { LedgerView } from '../web/api.ts'
import {
  ANNA,
  addNeighbour,
  type Box,
  type Browser,
  claimBox,
  newFolder,
  type Picture,
  setUp,
  start,
} from './bed.test.ts'

/** What an honest box writes of a picture that it sent. */
function rowsOf(pictures: readonly Picture[]): LedgerRow[] {
  const rows: LedgerRow[] = []
  for (const { bytes, metadata } of pictures) {
    for (const outcome of ['begun', 'done'] as const) {
      const { item, camera, sha256, takenAt } = metadata
      const facts = { item, camera: String(camera), sha256: String(sha256), at: Number(takenAt), bytes: bytes.length }
      const row = { n: rows.length + 1, ...facts, kind: 'snapshot' as const, grantSerial: 1, outcome }
      const sealed = { ...row, prev: rows.at(-1)?.hash ?? LEDGER_NOTHING }
      rows.push({ ...sealed, hash: ledgerHash(sealed) })
    }
  }
  return rows
}

const ask = async (owner: Browser, box: Box) => await owner.api('GET', `/agents/${box.agent}/ledger`)
const ledger = async (owner: Browser, box: Box) => LedgerView.parse(await (await ask(owner, box)).json())

describe('the two books', () => {
  it('of what left and what came are put side by side, and every difference is shown to the owner alone', async (t) => {
    const time = { aheadMs: 0 }
    const data = newFolder()
    const bridge = await start(t, data, {
      clock: { ...systemClock, nowMs: () => Date.now() + time.aheadMs },
    })
    const owner = await setUp(bridge)
    const box = await claimBox(bridge, owner)
    const line = await box.connect(t)
    await line.subscribe()
    await line.tellCamera()
    await owner.api('PUT', `/cameras/${box.camera}/consent`, { kinds: ['snapshot'] })
    await line.grant(1)
    assert.deepEqual((await ledger(owner, box)).scopes, [])

    const [told, alsoTold, untold, lost] = [box.picture(), box.picture(), box.picture(), box.picture()]
    for (const picture of [told, alsoTold, untold]) assert.equal((await box.upload(picture)).status, 204)
    const rows = rowsOf([told, alsoTold, lost])
    await line.publish('ledger', box.numbered({ rows }))
    await line.publish('ledger', box.numbered({ rows: rows.slice(2) }))
    await owner.api('DELETE', `/items/${told.metadata.item}`)
    const before = await ledger(owner, box)
    assert.deepEqual([before.waiting, before.differences], [2, []], 'each may still be told of by the other side')
    assert.equal(before.head?.hash, rows.at(-1)?.hash)
    assert.deepEqual(before.scopes, [
      {
        ...{ camera: box.camera, kind: 'snapshot' },
        ...{ left: { items: 3, bytes: 15_000 }, received: { items: 3, bytes: 15_000 } },
      },
    ])

    time.aheadMs = 3_600_000
    const found = (await ledger(owner, box)).differences.map(({ kind, item }) => `${kind} ${item}`)
    const expected = [`unknown-to-box ${untold.metadata.item}`, `never-arrived ${lost.metadata.item}`]
    assert.deepEqual(found.toSorted(), expected.toSorted())
    const neighbour = await addNeighbour(bridge, data)
    assert.equal((await ask(neighbour, box)).status, 404)

    time.aheadMs = 40 * 24 * 3_600_000
    await owner.api('POST', '/session', { username: ANNA.username, password: ANNA.password })
    assert.deepEqual((await ledger(owner, box)).differences, [], 'what is older than 30 days is not compared')
  })
})
