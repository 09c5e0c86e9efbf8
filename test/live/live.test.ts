import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CameraView } from '../../cloud-bridge/web/api.ts'
import type { Box } from '../harness/box.ts'
import { House } from '../harness/house.ts'
import type { SimulatedFacts } from '../harness/simulator-control.ts'
import { openTo } from '../harness/sockets.ts'
import { until } from '../harness/until.ts'
import { Watching } from './viewer.ts'

/** Its main stream is H.264, and it has a smaller one. */
const PROFILES = ['hikvision', 'amcrest']

const follow = (frames: readonly number[]) => frames.every((frame, i) => i === 0 || frame === (frames[i - 1] ?? 0) + 1)

const playsOf = async (house: House, { id }: SimulatedFacts) =>
  (await house.simulator.journal(id)).entries
    .filter(({ protocol }) => protocol === 'rtsp')
    .map(({ operation }) => operation)

/** Every byte of live view that left the box, by its own book. */
async function left(box: Box): Promise<number> {
  const { out } = await box.ask('ledger', '--json')
  const rows: { kind: string; outcome: string; bytes: number }[] = JSON.parse(out)
  return rows
    .filter(({ kind, outcome }) => kind === 'live' && outcome !== 'begun')
    .reduce((sum, row) => sum + row.bytes, 0)
}

const received = (house: House): number =>
  Number(house.records("SELECT coalesce(sum(bytes), 0) AS bytes FROM receipts WHERE kind = 'live'")[0]?.['bytes'])

test('live view, from the camera to whoever watches', { timeout: 270_000 }, async (t) => {
  await using house = await House.build({ signal: t.signal, profiles: PROFILES })
  const box = await house.move('box')
  const cameras = await house.cameras(2)
  const simulated = await house.simulator.cameras()
  const [first, second] = cameras.toSorted((a, b) => a.facts.address.localeCompare(b.facts.address))
  assert.ok(first && second)
  const behind = ({ facts }: CameraView) => {
    const found = simulated.find(({ address }) => address === facts.address)
    assert.ok(found)
    return found
  }
  const streams = (view: CameraView) => openTo(behind(view).address, behind(view).rtspPort)
  const boxSockets = () => house.requests.filter((line) => line.includes('/live/')).length
  const watch = (view: CameraView, quality: 'grid' | 'one' = 'one') => new Watching(house.owner.live(view.id, quality))

  await t.test('without a grant for it not one connection is opened, to the camera or to the bridge', async () => {
    await house.owner.allow(first.id, ['snapshot'])
    using watching = watch(first)
    assert.deepEqual((await watching.over())?.reason, 'no-consent')
    assert.equal(watching.seen.length, 0)
    assert.equal((await house.simulator.journal(behind(first).id)).counts.rtspConnections, 0)
    assert.equal(boxSockets(), 0)
    await house.owner.allow(first.id, [])
  })

  await t.test('with one, two who watch see every picture, and the camera plays once', async () => {
    await house.owner.allow(first.id, ['live'])
    using one = watch(first)
    await one.pictured(20)
    using late = watch(first)
    await late.pictured(20)
    assert.deepEqual(
      late.seen.slice(0, 2).map(({ type }) => type),
      ['init', 'key'],
      'who comes late begins with what can be decoded',
    )
    for (const { marks, pictures } of [one, late]) {
      assert.equal(marks.length, pictures.length, 'each picture has its mark')
      assert.ok(follow(marks.map(({ frame }) => frame)), 'none is missing')
    }
    assert.deepEqual(one.news.map(({ state }) => state).at(-1), 'live')
    assert.equal(streams(first), 1)
    assert.equal((await house.simulator.journal(behind(first).id)).counts.rtspConnections, 1)
    one.close()
    await late.pictured(late.pictures.length + 10)
    late.close()
    await until('the camera is told that it is over', async () =>
      (await playsOf(house, behind(first))).includes('TEARDOWN'),
    )
    await until('its stream is closed', () => streams(first) === 0)
  })

  await t.test('a grid shows the smaller stream', async () => {
    using watching = watch(first, 'grid')
    await watching.pictured(5)
    const init = watching.seen[0]?.bytes ?? Buffer.alloc(0)
    const entry = init.indexOf('avc1') + 4
    assert.deepEqual([init.readUInt16BE(entry + 24), init.readUInt16BE(entry + 26)], [640, 360])
  })

  await t.test('what is recorded already is watched over the same connection', async () => {
    await house.owner.allow(second.id, ['clip', 'live'])
    await until('its stream is recorded', () => streams(second) === 1)
    using watching = watch(second)
    await watching.pictured(20)
    assert.ok(follow(watching.marks.map(({ frame }) => frame)), 'none is missing')
    assert.equal(streams(second), 1)
    assert.equal((await house.simulator.journal(behind(second).id)).counts.rtspConnections, 1)
  })

  await t.test('switched off, not one byte more leaves, and the two books agree', async () => {
    using watching = watch(first)
    await watching.pictured(20)
    await house.owner.allow(first.id, [])
    const over = await watching.over()
    assert.equal(over?.reason, 'no-consent')
    const count = watching.raw.length
    await until('the stream is closed', () => streams(first) === 0)
    await until('the books are closed', async () => {
      const { code, out } = await box.ask('ledger', '--json')
      const rows: { item: string; kind: string; outcome: string }[] = code === 0 ? JSON.parse(out) : []
      const live = rows.filter(({ kind }) => kind === 'live')
      return live.length > 0 && live.length % 2 === 0
    })
    assert.equal(watching.raw.length, count)
    const [boxSays, bridgeSays] = [await left(box), received(house)]
    assert.ok(bridgeSays > 0 && bridgeSays <= boxSays, `${bridgeSays} of ${boxSays}`)
    const { agent } = first
    const books = await until('the bridge has been told', async () => {
      const found = await house.owner.ledger(agent)
      return found.waiting === 0 && found
    })
    assert.deepEqual(books.differences, [])
    assert.equal((await box.ask('ledger', '--verify')).code, 0)
  })

  await t.test('the cap on the box ends it at once', async () => {
    using watching = watch(second)
    await watching.pictured(5)
    assert.equal((await box.ask('cap', 'on')).code, 0)
    await until('the stream is closed', () => streams(second) === 0)
    await until('who watches is told', () => watching.news.at(-1)?.reason === 'no-consent')
    assert.equal((await box.ask('cap', 'off')).code, 0)
  })

  await t.test('it is for pages of the console alone, and ends with the session', async () => {
    const { url, headers } = house.owner.live(second.id, 'one')
    for (const origin of ['http://elsewhere.example', '']) {
      using foreign = new Watching({ url, headers: { ...headers, origin } })
      await foreign.over()
      assert.equal(foreign.refused, 403)
    }
    using nobody = new Watching({ url, headers: { ...headers, cookie: '' } })
    await nobody.over()
    assert.equal(nobody.refused, 401)
    using watching = watch(second)
    await watching.pictured(5)
    await house.owner.signOut()
    assert.equal((await watching.over())?.reason, 'signed-out')
    await until('nobody watches any more', () => boxSockets() > 0)
  })
})
