import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Clock, systemClock } from '../base/clock.ts'
import { newId } from '../base/ids.ts'
import { box, bridge, CAMERA, until } from './bed.test.ts'
import { Turns } from './turns.ts'

const MB = 1024 * 1024

describe('several items on their way', () => {
  it('arrive once each, and the ledger has a beginning and an end of all', async (t) => {
    const { bridgeUrl, seen } = await bridge(t)
    const { allow, enqueue, start, egress, files } = box(t, bridgeUrl)
    allow(1, ['clip'])
    const sent: string[] = []
    for (let n = 0; n < 9; n += 1) sent.push((await enqueue('clip', 300_000)).item)
    start()
    await until('all are there', () => egress.queued().items === 0 && files().length === 0)
    assert.deepEqual(seen.items.map(({ item }) => item).sort(), sent.sort())
    const outcomes = egress.ledger.rows(0, 99).map(({ outcome }) => outcome)
    assert.deepEqual(outcomes.sort(), [...Array(9).fill('begun'), ...Array(9).fill('done')])
    assert.equal(egress.ledger.verify().broken, undefined)
  })

  it('have one line together: the rate is that of all', async (t) => {
    const { bridgeUrl } = await bridge(t)
    // Each sleep of the pace is over at once, and counted.
    let sleptMs = 0
    const clock: Clock = {
      ...systemClock,
      monotonicMs: () => sleptMs,
      sleep: async (ms) => {
        sleptMs += ms
      },
    }
    const { allow, enqueue, start, egress } = box(t, bridgeUrl, { rateKbps: 800 }, { clock })
    allow(1, ['clip'], { expires: Date.now() + 1e10 })
    for (let n = 0; n < 4; n += 1) await enqueue('clip', MB)
    start()
    await until('all are there', () => egress.queued().items === 0)
    // 4 MB at 100,000 bytes a second, less the burst of a second.
    assert.ok(sleptMs >= 40_000, `${sleptMs} ms`)
  })

  it('are all booked after a power cut', async (t) => {
    const { bridgeUrl } = await bridge(t)
    const first = box(t, bridgeUrl)
    const row = { at: 1, camera: CAMERA, kind: 'clip', grantSerial: 1, sha256: 'a'.repeat(64), bytes: 5000 } as const
    const [one, two, three] = [newId(), newId(), newId()]
    for (const item of [one, two]) first.egress.ledger.append({ ...row, item, outcome: 'begun' })
    first.egress.ledger.append({ ...row, item: one, outcome: 'done' })
    first.egress.ledger.append({ ...row, item: three, outcome: 'begun' })
    await first.end()
    const { egress } = box(t, bridgeUrl, {}, { stateDir: first.stateDir })
    assert.deepEqual(
      egress.ledger.rows(4, 9).map(({ item, outcome }) => [item, outcome]),
      [
        [two, 'cut'],
        [three, 'cut'],
      ],
    )
    assert.equal(egress.totals().bytes, 15_000)
  })
})

describe('turns', () => {
  it('come in the order in which they were taken, also where one in the middle was passed before it came', async () => {
    const turns = new Turns()
    const [first, second, third] = [turns.next(), turns.next(), turns.next()]
    const came: number[] = []
    for (const [n, { come }] of [first, second, third].entries()) void come.then(() => came.push(n))
    second.pass()
    await first.come
    assert.deepEqual(came, [0])
    first.pass()
    await third.come
    assert.deepEqual(came, [0, 1, 2])
  })
})
