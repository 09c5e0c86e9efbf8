import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { DEVICE_PATHS } from '../../agent/protocol/claim.ts'
import type { CameraView } from '../../cloud-bridge/web/api.ts'
import type { Box } from '../harness/box.ts'
import { House } from '../harness/house.ts'
import type { SimulatedFacts } from '../harness/simulator-control.ts'
import { openTo } from '../harness/sockets.ts'
import { until } from '../harness/until.ts'

/** Twelve cameras: so many that events enough for a storm on one are none on all. */
const PROFILES = ['reolink', 'axis', 'hikvision', 'amcrest', 'nvr', 'nvr']
const CAMERAS = 12
/** All of them say it once. */
const KIND = 'person'

/** Raises an event on every channel of every camera, and waits until the bridge has committed them. */
async function stir(house: House): Promise<number> {
  const before = await committed(house)
  const cameras = await house.simulator.cameras()
  let raised = 0
  for (const { id, channels } of cameras) {
    for (let channel = 1; channel <= channels; channel += 1) {
      await house.simulator.raise(id, KIND, channel)
      raised += 1
    }
  }
  await until('what was raised is committed', async () => (await committed(house)) >= before + raised)
  return raised
}

const committed = async (house: House): Promise<number> =>
  Number(
    house.records("SELECT count(*) AS events FROM events WHERE json_extract(event, '$.active') = 1")[0]?.['events'],
  )

/** Connections that are open to any camera's RTSP port right now. */
const openStreams = (cameras: readonly SimulatedFacts[]): number =>
  cameras.reduce((sum, { address, rtspPort }) => sum + openTo(address, rtspPort), 0)

const uploads = (house: House): string[] => house.requests.filter((line) => line.includes(DEVICE_PATHS.uploads))

/** The simulated camera that the console's one is. */
function behind(view: CameraView | undefined, simulated: readonly SimulatedFacts[]): SimulatedFacts {
  const found = simulated.find(({ address }) => address === view?.facts.address)
  assert.ok(found)
  return found
}

async function ledger(box: Box): Promise<{ item: string; bytes: number; sha256: string; outcome: string }[]> {
  const { code, out } = await box.ask('ledger', '--json')
  assert.equal(code, 0)
  return JSON.parse(out)
}

/** Every item that the owner has, and its own bytes. */
async function held(house: House, cameras: readonly CameraView[]) {
  const lists = await Promise.all(cameras.map(({ id }) => house.owner.items(id)))
  return lists.flatMap(({ items }) => items)
}

test('media leaves only by consent', { timeout: 270_000 }, async (t) => {
  await using house = await House.build({ signal: t.signal, profiles: PROFILES })
  const box = await house.move('box')
  const cameras = await house.cameras(CAMERAS)
  const simulated = await house.simulator.cameras()
  const [first, second] = cameras.toSorted((a, b) => a.facts.address.localeCompare(b.facts.address))
  assert.ok(first && second)
  const [snapshotCamera, clipCamera] = [behind(first, simulated), behind(second, simulated)]

  await t.test('with every switch off not one byte moves, whatever happens', async () => {
    let raised = 0
    while (raised < 40) raised += await stir(house)
    assert.equal(await house.simulator.mediaConnections(), 0, 'nobody came for a picture')
    assert.deepEqual(uploads(house), [])
    assert.deepEqual(await ledger(box), [])
    assert.deepEqual(box.mediaFiles(), [])
    assert.deepEqual(await held(house, cameras), [])
  })

  await t.test('with one switch on that camera alone is asked, and for that kind alone', async () => {
    await house.owner.allow(first.id, ['snapshot'])
    await until('its picture is there', async () => (await house.owner.items(first.id)).items.length > 0)
    await stir(house)
    for (const { id, mediaConnections } of await house.simulator.cameras()) {
      assert.equal(mediaConnections > 0, id === snapshotCamera.id, id)
    }
    const { counts } = await house.simulator.journal(snapshotCamera.id)
    assert.equal(counts.rtspConnections, 0, 'a snapshot opens no stream')
    const kinds = new Set((await held(house, cameras)).map(({ camera, kind }) => `${camera} ${kind}`))
    assert.deepEqual([...kinds], [`${first.id} snapshot`])
  })

  await t.test('switched off, streams are closed within a second and nothing new arrives', async () => {
    await house.owner.allow(second.id, ['clip'])
    await until('its stream is taken', () => openStreams(simulated) === 1)
    assert.equal(openTo(clipCamera.address, clipCamera.rtspPort), 1)
    await house.simulator.raise(clipCamera.id, KIND)
    await until('its clip is there', async () => (await house.owner.items(second.id)).items.length > 0)
    await house.simulator.raise(clipCamera.id, KIND)
    await Promise.all([house.owner.allow(first.id, []), house.owner.allow(second.id, [])])
    await until('every stream is closed', () => openStreams(simulated) === 0)
    await staysDark(house, box, cameras)
  })

  await t.test('the cap on the box overrules the owner at once, and gives back when it is taken off', async () => {
    await house.owner.allow(first.id, ['snapshot'])
    await house.owner.allow(second.id, ['clip'])
    await until('its stream is taken', () => openStreams(simulated) === 1)
    assert.equal((await box.ask('cap', 'on')).code, 0)
    await until('every stream is closed', () => openStreams(simulated) === 0)
    await until('the console shows it', async () => (await house.owner.overview()).agents[0]?.cap === true)
    await staysDark(house, box, cameras)
    const before = (await house.owner.items(first.id)).items.length
    assert.equal((await box.ask('cap', 'off')).code, 0)
    await until('its stream is taken again', () => openStreams(simulated) === 1)
    await until('a new picture is there', async () => (await house.owner.items(first.id)).items.length > before)
    await until('the box has heard that it arrived', async () => (await ledger(box)).at(-1)?.outcome === 'done')
    await Promise.all([house.owner.allow(first.id, []), house.owner.allow(second.id, [])])
    await until('every stream is closed', () => openStreams(simulated) === 0)
  })

  await t.test("the box's ledger is whole, and says of each item what the bridge has of it", async () => {
    const items = await held(house, cameras)
    assert.ok(items.length >= 3)
    const isDone = ({ outcome }: { outcome: string }) => outcome === 'done'
    // The bridge shows an item before the box has heard that it arrived.
    const rows = await until('the box has booked all that arrived', async () => {
      const booked = await ledger(box)
      return booked.filter(isDone).length === items.length && booked
    })
    const { code, out } = await box.ask('ledger', '--verify', '--json')
    assert.equal(code, 0)
    const check = JSON.parse(out)
    assert.equal(check.broken, undefined)
    assert.equal(check.rows, rows.length)
    const done = rows.filter(isDone)
    const facts = ({ item, bytes, sha256 }: { item: string; bytes: number; sha256: string }) =>
      `${item} ${bytes} ${sha256}`
    assert.deepEqual(
      done.map(facts).toSorted(),
      items.map(({ id, ...item }) => facts({ item: id, ...item })).toSorted(),
    )
    for (const { id, bytes, sha256 } of items) {
      const [content, sealed] = [await house.owner.content(id), await house.owner.content(id, 'sealed')]
      assert.ok(Buffer.isBuffer(content) && Buffer.isBuffer(sealed))
      // The head, which says how long it is, and then what left the box.
      const chunks = sealed.subarray(sealed.readUInt16BE(8))
      assert.deepEqual([chunks.length, createHash('sha256').update(chunks).digest('hex')], [bytes, sha256])
      assert.equal(content.length, bytes - 16 * Math.ceil(bytes / 65_552))
      assert.match(content.toString('latin1', 0, 8), /^(\u00ff\u00d8\u00ff|....ftyp)/s)
    }
    const { agent } = box.identity()
    const books = await until('the bridge was told of all of it', async () => {
      const view = await house.owner.ledger(agent)
      return view.head?.n === rows.length && view
    })
    assert.deepEqual([books.head?.hash, books.differences, books.waiting], [check.head, [], 0])
    const sums = (side: 'left' | 'received') => books.scopes.reduce((sum, scope) => sum + scope[side].items, 0)
    assert.deepEqual([sums('left'), sums('received')], [items.length, items.length])
    t.diagnostic(`${items.length} items, ${items.reduce((sum, { bytes }) => sum + bytes, 0)} bytes`)
  })
})

/** Events and a second of time bring no connection, no upload, no item and no file. */
async function staysDark(house: House, box: Box, cameras: readonly CameraView[]): Promise<void> {
  // What was on its way when permission ended has been dropped by then.
  await until('the box holds no media', () => box.mediaFiles().length === 0)
  const before = [await house.simulator.mediaConnections(), uploads(house).length, (await held(house, cameras)).length]
  await stir(house)
  // That nothing happens can't be awaited.
  await sleep(1000)
  const after = [await house.simulator.mediaConnections(), uploads(house).length, (await held(house, cameras)).length]
  assert.deepEqual(after, before, 'media connections, requests to the upload path, items')
  assert.deepEqual(box.mediaFiles(), [])
}
