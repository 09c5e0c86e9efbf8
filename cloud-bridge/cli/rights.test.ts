import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { type Clock, systemClock } from '../../agent/base/clock.ts'
import { openStore } from '../store/open-store.ts'
import { ErasureReceipt, HeldView, LogList, Overview } from '../web/api.ts'
import {
  addNeighbour,
  type Box,
  type Browser,
  claimBox,
  EVENT,
  grantOf,
  INFO,
  type Line,
  newFolder,
  PASSWORD,
  type Picture,
  setUp,
  start,
  until,
} from './bed.test.ts'

/** Something that is nowhere else in the world. */
const newCanary = () => `canary-${randomBytes(12).toString('hex')}`

/** A picture that carries the canary's bytes. */
function pictureOf(box: Box, canary: string, over: Partial<Picture['metadata']> = {}): Picture {
  const bytes = Buffer.concat([randomBytes(3000), Buffer.from(canary), randomBytes(3000)])
  return {
    bytes,
    metadata: box.picture({ sha256: createHash('sha256').update(bytes).digest('hex'), ...over }).metadata,
  }
}

/** Fills every kind of record and media of a box with the canary. */
async function fill(owner: Browser, box: Box, line: Line, canary: string): Promise<Picture> {
  await line.publish('camera-info', box.numbered({ info: { ...INFO, name: canary } }), box.camera)
  await line.publish(
    'camera-health',
    box.numbered({ health: { level: 'up', diagnoses: [{ code: 'TIMEOUT', detail: canary }] } }),
    box.camera,
  )
  for (let n = 0; n < 50; n += 1) {
    await line.publish('camera-event', box.numbered({ event: { ...EVENT, data: { text: canary } } }), box.camera)
  }
  await line.publish('camera-log', box.numbered({ lines: [canary] }), box.camera)
  await line.publish('activity', box.numbered({ kind: 'cap-on', message: canary }))
  await owner.api('PUT', `/cameras/${box.camera}/consent`, { kinds: ['snapshot', 'clip'] })
  const picture = pictureOf(box, canary)
  assert.equal((await box.upload(picture)).status, 204)
  const clip = pictureOf(box, canary, { kind: 'clip', contentType: 'video/mp4', reason: canary })
  const location = (await box.create(clip)).headers.get('location') ?? ''
  await box.patch(location, 0, clip.bytes.subarray(0, 5000))
  return picture
}

async function house(t: TestContext, clock: Clock = systemClock) {
  const data = newFolder()
  const bridge = await start(t, data, { clock })
  const owner = await setUp(bridge)
  const box = await claimBox(bridge, owner)
  const line = await box.connect(t)
  await line.subscribe()
  const canary = newCanary()
  const picture = await fill(owner, box, line, canary)
  return { data, bridge, owner, box, line, canary, picture }
}

/** The files below a folder that hold these bytes. */
const filesWith = (folder: string, text: string) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => readFileSync(file).includes(text))

describe('what is held', () => {
  it('is counted by kind', async (t) => {
    const { owner } = await house(t)
    const { media, ...held } = HeldView.parse(await (await owner.api('GET', '/held')).json())
    assert.deepEqual(media, [{ kind: 'snapshot', items: 1, bytes: 6031 }])
    assert.deepEqual(
      { ...held, account: held.account.email },
      {
        account: 'anna@example.org',
        boxes: 1,
        cameras: 1,
        events: 50,
        logs: 1,
        activity: 1,
        consentChanges: 1,
        sessions: 1,
      },
    )
  })

  it("shows a camera's own log to its owner alone", async (t) => {
    const { owner, bridge, data, canary } = await house(t)
    const { cameras } = Overview.parse(await (await owner.api('GET', '/overview')).json())
    const path = `/cameras/${cameras[0]?.id}/log`
    const { logs } = LogList.parse(await (await owner.api('GET', path)).json())
    assert.equal(logs.length, 1)
    assert.ok(logs[0]?.lines.join().includes(canary))
    const neighbour = await addNeighbour(bridge, data)
    assert.equal((await neighbour.api('GET', path)).status, 404)
  })

  it('goes to its owner as one archive, without a secret and without a neighbour', async (t) => {
    const { owner, bridge, data, box, picture, canary } = await house(t)
    const neighbour = await addNeighbour(bridge, data)
    const other = await claimBox(bridge, neighbour)
    const stranger = newCanary()
    await fill(neighbour, other, await other.connect(t), stranger)
    const response = await owner.api('GET', '/export')
    assert.match(response.headers.get('content-disposition') ?? '', /^attachment; filename="lenscap-.*\.tar"$/)
    assert.equal(response.headers.get('cache-control'), 'private, no-store')
    const archive = Buffer.from(await response.arrayBuffer())
    const folder = join(data, 'unpacked')
    mkdirSync(folder)
    writeFileSync(join(data, 'export.tar'), archive)
    execFileSync('tar', ['-xf', join(data, 'export.tar')], { cwd: folder, stdio: 'pipe' })
    const read = (name: string) => JSON.parse(readFileSync(join(folder, name), 'utf8'))
    const [item] = read('items/000001.json')
    assert.deepEqual(readFileSync(join(folder, item.file)), picture.bytes)
    assert.equal(read('events/000001.json').length, 50)
    assert.equal(read('events/000001.json')[0].event.data.text, canary)
    assert.deepEqual(read('consent-history/000001.json')[0].kinds, ['snapshot', 'clip'])
    assert.deepEqual([read('account.json').email, read('boxes.json')[0].id], ['anna@example.org', box.agent])
    assert.equal(archive.includes(stranger), false)
    assert.equal(archive.includes('bob@example.org'), false)
    for (const secret of ['argon2', 'password', 'token_hash', 'sealed', 'PRIVATE']) {
      assert.equal(archive.includes(secret), false, secret)
    }
  })
})

describe('an account', () => {
  it('is erased with nothing left: not in the records, their log, the media or what was half received', async (t) => {
    const { data, bridge, owner, box, line, canary } = await house(t)
    const neighbour = await addNeighbour(bridge, data)
    const other = await claimBox(bridge, neighbour)
    const kept = await fill(neighbour, other, await other.connect(t), newCanary())
    assert.ok(filesWith(data, canary).length >= 3, 'the records or their log, a blob and a transfer')

    const page = await owner.api('GET', '/stream')
    const pageEnded = page.text()
    const lineClosed = line.closed()
    const wrong = await owner.api('DELETE', '/account', { password: 'something else' })
    assert.equal(wrong.status, 403)
    assert.equal((await owner.overview()).totals.mediaItems, 1)

    const { cookie } = owner
    const response = await owner.api('DELETE', '/account', { password: PASSWORD })
    const { held, left } = ErasureReceipt.parse(await response.json())
    assert.deepEqual([held.events, held.media[0]?.items, left], [50, 1, 0])
    assert.deepEqual(filesWith(data, canary), [])
    for (const trace of ['anna@example.org', box.agent, box.camera, box.claimed.account]) {
      assert.deepEqual(filesWith(data, trace), [], trace)
    }

    await pageEnded
    await lineClosed
    assert.deepEqual(grantOf((await line.grant(2)).json).cameras, [], 'the last word that the box heard')
    const last = await box.connect(t)
    await last.subscribe()
    const { topic, json } = await until('it is told', () => last.heard.find((each) => each.topic.includes('/cmd/')))
    assert.equal(json['name'], 'reset', 'a box of an erased account is told to wipe itself when it is seen next')
    const reply = JSON.stringify({ v: 1, at: Date.now(), seq: 0, ok: true, message: 'Wiped' })
    await last.publish('reply', reply, topic.split('/').at(-1))
    await assert.rejects(box.connect(t), { code: 5 })
    assert.equal((await box.create(box.picture())).status, 401)
    owner.cookie = cookie
    assert.equal((await owner.api('GET', '/overview')).status, 401)
    assert.equal((await owner.api('POST', '/session', { username: 'anna', password: PASSWORD })).status, 401)

    const content = await neighbour.request('GET', `/api/v1/items/${kept.metadata.item}/content`)
    assert.deepEqual(Buffer.from(await content.arrayBuffer()), kept.bytes)
    assert.equal((await neighbour.overview()).events.length, 50)
  })

  it('whose erasure a crash cut short is erased at the next start', async (t) => {
    const { data, bridge, canary, box } = await house(t)
    await bridge[Symbol.asyncDispose]()
    const db = await openStore(join(data, 'bridge.db'))
    await db.insertInto('erasures').values({ account: box.claimed.account, since: 1 }).execute()
    await db.destroy()
    const again = await start(t, data)
    assert.deepEqual(filesWith(data, canary), [])
    assert.ok(again.setupToken, 'there is no account any more')
  })

  it('is not erased by guessing at its password from an open session', async (t) => {
    const { owner } = await house(t)
    for (let n = 0; n < 10; n += 1) await owner.api('DELETE', '/account', { password: `guess ${n}` })
    assert.equal((await owner.api('DELETE', '/account', { password: PASSWORD })).status, 429)
    await until('it is still there', async () => (await owner.overview()).totals.mediaItems === 1)
  })
})
