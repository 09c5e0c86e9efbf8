import assert from 'node:assert/strict'
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { type Clock, systemClock } from '../../agent/base/clock.ts'
import { ConsentView } from '../web/api.ts'
import { Box, type Browser, claimBox, grantOf, newFolder, setUp, start, until } from './bed.test.ts'

/** A bridge with an owner, a box and its camera. */
async function house(t: TestContext, clock: Clock = systemClock) {
  const data = newFolder()
  const bridge = await start(t, data, { clock })
  const owner = await setUp(bridge)
  const box = await claimBox(bridge, owner)
  const line = await box.connect(t)
  await line.subscribe()
  await line.tellCamera()
  return { data, bridge, owner, box, line }
}

async function allow(owner: Browser, box: Box, ...kinds: string[]): Promise<ConsentView> {
  const response = await owner.api('PUT', `/cameras/${box.camera}/consent`, { kinds })
  return ConsentView.parse(await response.json())
}

const filesIn = (folder: string) =>
  readdirSync(folder, { recursive: true, withFileTypes: true }).filter((f) => f.isFile())

describe('consent', () => {
  it('becomes a signed grant that the box gets, with a serial that grows', async (t) => {
    const { owner, box, line } = await house(t)
    const view = await allow(owner, box, 'snapshot')
    assert.deepEqual([view.kinds, view.changedBy], [['snapshot'], 'Anna'])
    const grant = await line.grant(1)
    assert.equal(grant.retain, true)
    assert.deepEqual(grantOf(grant.json).cameras, [{ camera: box.camera, kinds: ['snapshot'] }])
    await allow(owner, box)
    assert.deepEqual(grantOf((await line.grant(2)).json).cameras, [])
  })

  it('waits for a box that is away', async (t) => {
    const { owner, box, line } = await house(t)
    await line.client.endAsync()
    await allow(owner, box, 'clip')
    const again = await box.connect(t)
    await again.subscribe()
    await again.grant(1)
    await again.acked(1)
  })

  it('is all off with one word', async (t) => {
    const { owner, box, line } = await house(t)
    await allow(owner, box, 'snapshot', 'clip')
    assert.equal((await owner.api('DELETE', '/consent')).status, 204)
    await line.grant(2)
    assert.deepEqual((await owner.overview()).cameras[0]?.consent.kinds, [])
  })
})

describe('a grant', () => {
  it('is renewed when a box connects and it is more than a day old', async (t) => {
    const time = { aheadMs: 0 }
    const { owner, box, line } = await house(t, { ...systemClock, nowMs: () => Date.now() + time.aheadMs })
    await allow(owner, box, 'snapshot')
    const first = grantOf((await line.grant(1)).json)
    time.aheadMs = 25 * 3_600_000
    const again = await box.connect(t)
    await again.subscribe()
    const second = grantOf((await again.grant(2)).json)
    assert.deepEqual(second.cameras, first.cameras)
    assert.ok(second.expires > first.expires)
  })
})

describe('media', () => {
  it('come in under the grant and go to their owner, whole or in part', async (t) => {
    const { owner, box } = await house(t)
    await allow(owner, box, 'snapshot')
    const picture = box.picture()
    assert.equal((await box.upload(picture)).status, 204)
    const camera = (await owner.overview()).cameras[0]
    assert.deepEqual(camera?.held, { items: 1, bytes: 5000 })
    assert.equal(camera.picture?.id, picture.metadata.item)
    const path = `/api/v1/items/${picture.metadata.item}/content`
    const whole = await owner.request('GET', path)
    assert.deepEqual(Buffer.from(await whole.arrayBuffer()), picture.bytes)
    assert.equal(whole.headers.get('content-type'), 'image/jpeg')
    assert.equal(whole.headers.get('cache-control'), 'private, no-store')
    assert.equal(whole.headers.get('x-content-type-options'), 'nosniff')
    for (const [range, status, bytes] of [
      ['bytes=10-19', 206, picture.bytes.subarray(10, 20)],
      ['bytes=-5', 206, picture.bytes.subarray(-5)],
      ['bytes=4990-', 206, picture.bytes.subarray(4990)],
      ['bytes=5000-', 416, Buffer.alloc(0)],
      ['lines=1-2', 200, picture.bytes],
    ] as const) {
      const part = await owner.request('GET', path, undefined, { range })
      assert.equal(part.status, status, range)
      assert.deepEqual(Buffer.from(await part.arrayBuffer()), bytes, range)
    }
  })

  it('are refused without a grant, of another kind, camera or earlier grant, and the owner is told', async (t) => {
    const { owner, box, data } = await house(t)
    assert.equal((await box.upload(box.picture())).status, 403)
    await allow(owner, box, 'snapshot')
    const tries = [{ kind: 'clip' }, { camera: 'camerabbbbbbbbbb' }, { grantSerial: 9 }]
    for (const over of tries) assert.equal((await box.upload(box.picture(over))).status, 403, JSON.stringify(over))
    await allow(owner, box)
    await allow(owner, box, 'snapshot')
    assert.equal((await box.upload(box.picture({ grantSerial: 1 }))).status, 403, 'of before it was last turned on')
    assert.equal((await box.upload(box.picture({ grantSerial: 3 }))).status, 204)
    const { activity, totals } = await owner.overview()
    assert.equal(totals.mediaItems, 1)
    assert.match(activity.at(-1)?.message ?? '', /refused a snapshot/)
    assert.equal(activity.at(-1)?.kind, 'upload-refused')
    assert.equal(filesIn(join(data, 'uploads')).length, 0)
  })

  it('need the token of the box', async (t) => {
    const { bridge, owner, box } = await house(t)
    await allow(owner, box, 'snapshot')
    const thief = new Box(bridge.httpUrl, { ...box.claimed, token: 'x'.repeat(43) })
    assert.equal((await thief.create(box.picture())).status, 401)
    const created = await box.create(box.picture())
    const other = await claimBox(bridge, owner)
    const location = created.headers.get('location') ?? ''
    for (const method of ['HEAD', 'PATCH', 'DELETE'])
      assert.equal((await other.tus(method, location)).status, 404, method)
  })

  it('go into the upload that was asked for, whatever else its address names', async (t) => {
    const { owner, box, data } = await house(t)
    await allow(owner, box, 'snapshot')
    const [mine, victim] = [await box.create(box.picture()), await box.create(box.picture())]
    const path = mine.headers.get('location') ?? ''
    const other = victim.headers.get('location')?.split('/').at(-1) ?? ''
    assert.equal(mine.headers.get('access-control-allow-origin'), null)
    assert.equal((await box.patch(`${path}?to=/${other}`, 0, Buffer.alloc(100))).status, 204)
    assert.equal(statSync(join(data, 'uploads', other)).size, 0)
    assert.equal((await box.tus('HEAD', `${path}?to=/${other}`)).headers.get('upload-offset'), '100')
  })

  it('are cut in the middle when the owner revokes, and leave nothing', async (t) => {
    const { owner, box, data } = await house(t)
    await allow(owner, box, 'snapshot')
    const picture = box.picture({}, 200_000)
    const location = (await box.create(picture)).headers.get('location') ?? ''
    // Half of it, then silence: the request stays open.
    const body = new ReadableStream({ start: (stream) => stream.enqueue(picture.bytes.subarray(0, 100_000)) })
    const transfer = box.patch(location, 0, body).then(
      (response) => response.status,
      () => 'cut',
    )
    await until('some has arrived', () => filesIn(join(data, 'uploads')).length === 2)
    await allow(owner, box)
    assert.equal(await transfer, 'cut')
    assert.equal(filesIn(join(data, 'uploads')).length, 0)
    assert.equal((await box.tus('HEAD', location)).status, 404)
    assert.equal((await owner.overview()).totals.mediaItems, 0)
  })

  it('leave nothing unfinished behind once the grant is over, although the box never comes back', async (t) => {
    const time = { aheadMs: 0 }
    const clock = { ...systemClock, nowMs: () => Date.now() + time.aheadMs }
    const { owner, box, data, bridge } = await house(t, clock)
    await allow(owner, box, 'snapshot')
    const location = (await box.create(box.picture())).headers.get('location') ?? ''
    await box.patch(location, 0, Buffer.alloc(1000))
    await bridge[Symbol.asyncDispose]()
    time.aheadMs = 31 * 24 * 3_600_000
    await start(t, data, { clock })
    assert.equal(filesIn(join(data, 'uploads')).length, 0)
  })

  it('are refused at the next piece once the grant is over', async (t) => {
    const time = { aheadMs: 0 }
    const { owner, box } = await house(t, { ...systemClock, nowMs: () => Date.now() + time.aheadMs })
    await allow(owner, box, 'snapshot')
    const picture = box.picture()
    const location = (await box.create(picture)).headers.get('location') ?? ''
    assert.equal((await box.patch(location, 0, picture.bytes.subarray(0, 1000))).status, 204)
    time.aheadMs = 31 * 24 * 3_600_000
    assert.equal((await box.patch(location, 1000, picture.bytes.subarray(1000, 2000))).status, 403)
    assert.equal((await box.tus('HEAD', location)).status, 404)
  })

  it('are checked against their hash and size', async (t) => {
    const { owner, box, data } = await house(t)
    await allow(owner, box, 'snapshot')
    assert.equal((await box.upload(box.picture({ sha256: '0'.repeat(64) }))).status, 400)
    const { bytes: _, ...picture } = box.picture()
    assert.equal((await box.create({ ...picture, bytes: Buffer.alloc(0) })).status, 400)
    assert.equal((await box.create(box.picture({ contentType: 'text/html' }))).status, 400)
    assert.equal((await owner.overview()).totals.mediaItems, 0)
    assert.equal(filesIn(join(data, 'media')).length + filesIn(join(data, 'uploads')).length, 0)
  })

  it('are resumed where they were, and once only, whatever answers were lost', async (t) => {
    const { owner, box } = await house(t)
    await allow(owner, box, 'snapshot')
    const picture = box.picture()
    const location = (await box.create(picture)).headers.get('location') ?? ''
    await box.patch(location, 0, picture.bytes.subarray(0, 2000))
    assert.equal((await box.tus('HEAD', location)).headers.get('upload-offset'), '2000')
    assert.equal((await box.patch(location, 2000, picture.bytes.subarray(2000))).status, 204)
    assert.equal((await box.tus('HEAD', location)).headers.get('upload-offset'), '5000', 'the answer was lost')
    assert.equal((await box.upload(picture)).status, 204, 'the address was lost as well')
    assert.deepEqual((await owner.overview()).totals.mediaItems, 1)
  })

  it('are gone for good when the owner deletes them', async (t) => {
    const { owner, box, data } = await house(t)
    await allow(owner, box, 'snapshot')
    const picture = box.picture()
    await box.upload(picture)
    assert.equal(filesIn(join(data, 'media')).length, 1)
    assert.equal((await owner.api('DELETE', `/items/${picture.metadata.item}`)).status, 204)
    assert.equal(filesIn(join(data, 'media')).length, 0)
    assert.equal((await owner.api('DELETE', `/items/${picture.metadata.item}`)).status, 404)
    assert.equal((await owner.api('GET', `/items/${picture.metadata.item}/content`)).status, 404)
  })
})
