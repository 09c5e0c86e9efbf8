import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { openStore } from '../store/open-store.ts'
import { addNeighbour, claimBox, EVENT, grantOf, newFolder, setUp, start, until } from './bed.test.ts'

const DEADLINE_MS = 20_000

/** A box with a camera of which the owner allows everything and a picture is held. */
async function house(t: TestContext) {
  const data = newFolder()
  const bridge = await start(t, data)
  const owner = await setUp(bridge)
  const box = await claimBox(bridge, owner)
  const line = await box.connect(t)
  await line.subscribe()
  await line.tellCamera()
  await line.publish('camera-event', box.numbered({ event: EVENT }), box.camera)
  const path = `/cameras/${box.camera}`
  const allow = () => owner.api('PUT', `${path}/consent`, { kinds: ['snapshot'] })
  assert.equal((await allow()).status, 200)
  assert.equal((await box.upload(box.picture())).status, 204)
  const forget = () =>
    line.publish(
      'activity',
      box.numbered({ kind: 'camera-forgotten', camera: box.camera, message: 'Acme C1: forgotten by hand' }),
    )
  const camera = async () => (await owner.overview()).cameras[0]
  return { data, bridge, owner, box, line, path, allow, forget, camera }
}

describe('a camera that its box has forgotten', () => {
  it('is shown as such with its history, allowed nothing, and can be removed by its owner alone', async (t) => {
    const { data, bridge, owner, box, line, path, allow, forget, camera } = await house(t)
    assert.equal((await camera())?.forgottenAt, null)
    assert.equal((await owner.api('DELETE', path, {})).status, 409, 'its box still knows it')
    await forget()
    await until('its switch is off', async () => (await camera())?.consent.kinds.length === 0, DEADLINE_MS)
    const forgotten = await camera()
    assert.ok((forgotten?.forgottenAt ?? 0) > 0)
    assert.deepEqual([forgotten?.held.items, forgotten?.lastEvent?.event.kind], [1, 'motion'], 'what is held stays')
    await until(
      'its box hears it',
      () => {
        const grant = line.heard.findLast(({ topic }) => topic.endsWith('/grant'))
        return grant !== undefined && grantOf(grant.json).cameras.length === 0
      },
      DEADLINE_MS,
    )
    assert.equal((await allow()).ok, false, 'nobody can be allowed what nobody has')
    assert.equal((await box.upload(box.picture({ grantSerial: 2 }))).ok, false)

    const neighbour = await addNeighbour(bridge, data)
    assert.equal((await neighbour.api('DELETE', path, {})).status, 404)
    assert.equal((await owner.api('DELETE', path, {})).status, 204)
    const { cameras, events, activity, totals } = await owner.overview()
    assert.deepEqual([cameras, events, activity, totals.mediaItems], [[], [], [], 0])
    assert.equal((await owner.api('DELETE', path, {})).status, 404)
    const db = await openStore(`${data}/bridge.db`)
    t.after(() => db.destroy())
    for (const table of ['cameras', 'health', 'events', 'activity', 'items', 'consents', 'consent_changes'] as const) {
      assert.deepEqual(await db.selectFrom(table).selectAll().where('camera', '=', box.camera).execute(), [], table)
    }
    assert.deepEqual(await db.selectFrom('doomed_blobs').selectAll().execute(), [])
  })

  it('is one again when its box says more of it, and is not forgotten by an old word', async (t) => {
    const { box, line, forget, camera } = await house(t)
    const old = box.numbered({ kind: 'camera-forgotten', camera: box.camera, message: 'old' })
    await line.tellCamera()
    await line.publish('activity', old)
    assert.equal((await camera())?.forgottenAt, null)
    await forget()
    assert.notEqual((await camera())?.forgottenAt, null)
    await line.tellCamera()
    assert.equal((await camera())?.forgottenAt, null)
  })

  it('of another box is none of its business', async (t) => {
    const { bridge, owner, box, camera } = await house(t)
    const other = await claimBox(bridge, owner)
    const line = await other.connect(t)
    const words = { kind: 'camera-forgotten', camera: box.camera, message: 'not mine' }
    await line.publish('activity', other.numbered(words))
    assert.equal((await camera())?.forgottenAt, null)
  })
})

describe('what only a newer box does', () => {
  it('is taken, acknowledged and shown in its own words', async (t) => {
    const bridge = await start(t)
    const owner = await setUp(bridge)
    const box = await claimBox(bridge, owner)
    const line = await box.connect(t)
    await line.subscribe()
    await line.publish('activity', box.numbered({ kind: 'moon-landed', message: 'Landed on the moon' }))
    await line.acked(1)
    const { activity } = await owner.overview()
    assert.deepEqual(
      activity.map(({ kind, message }) => [kind, message]),
      [['other', 'Landed on the moon']],
    )
  })
})
