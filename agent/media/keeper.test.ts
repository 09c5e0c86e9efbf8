import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { systemClock } from '../base/clock.ts'
import { openDatabase } from '../base/database.ts'
import { describeError } from '../base/errors.ts'
import { type Credential, Secret } from '../base/secret.ts'
import { Keys } from '../credentials/keys.ts'
import { REFUSALS_TABLES, RefusalLog, type RefusalMemory } from '../credentials/refusal-log.ts'
import { DeviceGate } from '../onvif/gate.ts'
import { type Answer, packetizer, type ScriptedCamera, scriptedCamera, slice, until } from '../rtsp/testing.ts'
import type { MediaAccess } from './access.ts'
import { CLIP_SETTINGS } from './cutter.ts'
import type { MediaItem } from './item.ts'
import { MediaKeeper } from './keeper.ts'
import { CAMERA, httpCamera, sendJpeg, type TestOwner, testOwner } from './testing.ts'

const digest = 'Digest realm="cam", nonce="abc"'
const refusal: Answer = { status: '401 Unauthorized', headers: [`WWW-Authenticate: ${digest}`] }

/** What nobody here plays. */
const STRANGE = 'v=0\r\nm=video 0 RTP/AVP 98\r\na=rtpmap:98 VP8/90000\r\n'

/** What outlives a restart. */
interface Life {
  readonly memory?: RefusalMemory
  readonly owner?: TestOwner
}

/** A keeper for one camera, reached for streams at `rtsp` and for snapshots at `http`, whose credential can change. */
function house(cameras: { rtsp?: ScriptedCamera; http?: MediaAccess }, life: Life = {}) {
  const items: MediaItem[] = []
  const troubles: unknown[] = []
  /** What was said of the stream: why no picture comes, or `well`. */
  const said: string[] = []
  const stop = new AbortController()
  const time = { aheadMs: 0, areRestsOver: false }
  const clock = {
    ...systemClock,
    monotonicMs: () => systemClock.monotonicMs() + time.aheadMs,
    sleep: (ms: number, signal?: AbortSignal) => systemClock.sleep(time.areRestsOver && ms > 60_000 ? 0 : ms, signal),
  }
  const owner = life.owner ?? testOwner(() => keeper.review())
  const credential = { now: { username: 'admin', password: new Secret('first') } as Credential | undefined }
  const keeper = new MediaKeeper({
    consent: owner.consent,
    folder: owner.folder,
    ...(life.memory && { refusals: life.memory }),
    settings: { ...CLIP_SETTINGS, preRollMs: 100, postRollMs: 150 },
    clock,
    random: () => 0,
    signal: stop.signal,
    onItem: async (_, item) => {
      items.push(item)
    },
    onTrouble: (_, error) => troubles.push(error),
    onStream: (_, why) => said.push(why === undefined ? 'well' : describeError(why)),
  })
  const nowhere = async () => new URL('http://camera.invalid:1/')
  let asked = 0
  const access: MediaAccess = {
    camera: CAMERA,
    address: '127.0.0.1',
    streamUri: async () => {
      asked += 1
      return cameras.rtsp?.uri ?? (await nowhere())
    },
    snapshotUri: cameras.http?.snapshotUri ?? nowhere,
    get credential() {
      return credential.now
    },
    gate: new DeviceGate(systemClock, life.memory && { memory: life.memory }),
  }
  return {
    keeper,
    access,
    owner,
    items,
    troubles,
    said,
    time,
    credential,
    /** How often a stream was looked for. */
    asked: () => asked,
    reasons: () => items.map(({ kind, reason }) => `${kind} ${reason}`),
    async [Symbol.asyncDispose]() {
      stop.abort()
      await keeper.ended()
      if (!life.owner) owner[Symbol.dispose]()
    },
  }
}

const other: Credential = { username: 'admin', password: new Secret('second') }

describe('MediaKeeper', () => {
  it('takes a picture as soon as the owner allows it, and none before', async () => {
    await using camera = await httpCamera(sendJpeg)
    await using box = house({ http: camera.access })
    box.keeper.add(box.access)
    assert.equal(await box.keeper.snapshots('schedule'), 0)
    box.keeper.trigger(CAMERA, 'motion', Date.now())
    assert.equal(camera.connections, 0)
    box.owner.allow('snapshot')
    await until(() => box.items.length === 1, 'the first picture')
    box.owner.allow('snapshot', 'live')
    assert.equal(await box.keeper.snapshots('schedule'), 1)
    assert.deepEqual(box.reasons(), ['snapshot granted', 'snapshot schedule'], 'a renewal brings no further picture')
    box.owner.allow()
    assert.equal(await box.keeper.snapshots('schedule'), 0)
    box.owner.allow('snapshot')
    await until(() => box.items.length === 3, 'a new permission brings a new picture')
  })

  it('takes a picture at an event, at most one in ten seconds', async () => {
    await using camera = await httpCamera(sendJpeg)
    await using box = house({ http: camera.access })
    box.keeper.add(box.access)
    box.owner.allow('snapshot')
    await until(() => box.items.length === 1, 'the first picture')
    for (const reason of ['motion', 'person', 'motion']) box.keeper.trigger(CAMERA, reason, Date.now())
    await until(() => box.items.length === 2, "the event's picture")
    box.time.aheadMs = 9000
    box.keeper.trigger(CAMERA, 'vehicle', Date.now())
    box.time.aheadMs = 10_000
    box.keeper.trigger(CAMERA, 'person', Date.now())
    await until(() => box.items.length === 3, "the next event's picture")
    assert.deepEqual(box.reasons(), ['snapshot granted', 'snapshot motion', 'snapshot person'])
  })

  it('misses snapshots that fail twice in a row, until one comes', async () => {
    const web = { isBroken: true }
    await using camera = await httpCamera((request, response) => {
      if (web.isBroken) response.writeHead(404).end()
      else sendJpeg(request, response)
    })
    await using box = house({ http: camera.access })
    box.keeper.add(box.access)
    box.owner.allow('snapshot')
    await until(() => box.troubles.length === 1, 'the first in vain')
    assert.deepEqual(box.said, [])
    while (box.troubles.length < 2) await box.keeper.snapshots('schedule')
    assert.match(box.said.join(), /^127.0.0.1 answered 404$/)
    web.isBroken = false
    await box.keeper.snapshots('schedule')
    assert.equal(box.said.at(-1), 'well')
  })

  it('makes a clip at an event, also at one that comes before the first picture', async () => {
    const source = packetizer(20)
    const pictures = [slice('idr', 0), slice('other', 1), slice('other', 2)].flatMap((nal) => source.picture([nal]))
    await using camera = await scriptedCamera(({ method }, itself) => {
      if (method === 'PLAY') setImmediate(() => itself.send(...pictures))
      return undefined
    })
    await using box = house({ rtsp: camera })
    box.keeper.add(box.access)
    box.owner.allow('clip')
    box.keeper.trigger(CAMERA, 'motion', Date.now())
    await until(() => box.items.length === 1, 'a clip')
    assert.deepEqual([box.reasons(), box.troubles], [['clip motion'], []])
    assert.deepEqual(box.said, ['well'], 'what was told is over with the first picture')
    box.owner.allow()
    await until(() => camera.open === 0, 'the stream is closed with the permission')
    await until(() => box.said.length === 2, 'and no pictures are missed any more')
    assert.deepEqual(box.said, ['well', 'well'])
  })

  it('does not send a refused credential again before it is another one', async () => {
    await using camera = await httpCamera((_, response) => {
      response.writeHead(401, { 'www-authenticate': digest }).end()
    })
    await using stream = await scriptedCamera(() => refusal)
    await using box = house({ http: camera.access, rtsp: stream })
    const sent = () => camera.authorizations.filter((header) => header !== undefined).length
    box.keeper.add(box.access)
    box.owner.allow('snapshot')
    await until(() => box.troubles.length === 1, 'the refusal')
    assert.equal(sent(), 1)
    assert.equal(await box.keeper.snapshots('schedule'), 0)
    box.keeper.trigger(CAMERA, 'motion', Date.now())
    box.keeper.review()
    box.owner.allow('snapshot', 'clip')
    assert.equal(await box.keeper.snapshots('asked', CAMERA), 0)
    assert.deepEqual([sent(), stream.connections], [1, 0], 'neither for a snapshot nor for a stream')
    box.credential.now = { username: 'admin', password: new Secret('first') }
    box.keeper.review()
    assert.equal(await box.keeper.snapshots('schedule'), 0, 'the same in another guise is the same')
    box.credential.now = other
    box.keeper.review()
    await until(() => sent() === 2 && stream.connections === 1, 'another credential is tried')
  })

  it('remembers over a restart what a camera refused, until it has another credential or the switch is turned', async () => {
    await using camera = await httpCamera((_, response) => {
      response.writeHead(401, { 'www-authenticate': digest }).end()
    })
    await using stream = await scriptedCamera(() => refusal)
    const sent = () => camera.authorizations.filter((header) => header !== undefined).length
    const db = openDatabase(':memory:', [REFUSALS_TABLES])
    const keys = new Keys(Buffer.alloc(32, 1), Buffer.alloc(32, 2), 'file')
    using owner = testOwner()
    /** Another process, with what is on the disk. */
    const start = () => {
      const life = house({ http: camera.access, rtsp: stream }, { memory: new RefusalLog(db, keys), owner })
      return Object.assign(life, { begin: () => life.keeper.add(life.access) })
    }
    owner.allow('snapshot')
    {
      await using life = start()
      life.begin()
      await until(() => life.troubles.length === 1, 'the refusal')
      assert.equal(sent(), 1)
    }
    owner.allow('snapshot', 'clip')
    {
      await using life = start()
      life.begin()
      assert.equal(await life.keeper.snapshots('asked'), 0)
      for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setImmediate(resolve))
      assert.deepEqual([camera.connections, life.asked()], [1, 0], 'neither a snapshot nor a stream is asked for')
      assert.deepEqual(life.troubles, [])
      life.credential.now = other
      life.keeper.review()
      await until(() => life.troubles.length === 2, 'another credential is tried')
      assert.deepEqual([sent(), stream.connections], [2, 1])
    }
    {
      await using life = start()
      life.credential.now = other
      life.begin()
      owner.allow()
      life.keeper.review()
      owner.allow('clip')
      life.keeper.review()
      await until(() => life.troubles.length === 1, 'a turned switch has the refusal told again')
      assert.equal(stream.connections, 1, 'and nothing sent')
    }
  })

  it('takes up a refused recording when the credential changes, and tells the refusal again when the owner turns the switch', async () => {
    await using stream = await scriptedCamera(() => refusal)
    await using box = house({ rtsp: stream })
    const refusals = async (count: number) => await until(() => box.troubles.length === count, `refusal ${count}`)
    box.keeper.add(box.access)
    box.owner.allow('clip')
    await refusals(1)
    box.keeper.review()
    box.keeper.changed(CAMERA)
    assert.equal(stream.connections, 1)
    box.credential.now = other
    box.keeper.review()
    await refusals(2)
    box.owner.allow()
    box.owner.allow('clip')
    await refusals(3)
    assert.equal(stream.connections, 2, 'the switch is no reason to send what was refused')
  })

  it('tries a camera again that could not be played, once something about it has changed', async () => {
    const body = 'v=0\r\nm=video 0 RTP/AVP 98\r\na=rtpmap:98 MP4V-ES/90000\r\n'
    await using stream = await scriptedCamera(({ method }) => (method === 'DESCRIBE' ? { body } : undefined))
    await using box = house({ rtsp: stream })
    box.keeper.add(box.access)
    box.owner.allow('clip')
    await until(() => box.troubles.length === 1, 'unsupported')
    box.keeper.review()
    box.keeper.trigger(CAMERA, 'motion', Date.now())
    assert.equal(stream.connections, 1)
    box.keeper.changed(CAMERA)
    await until(() => box.troubles.length === 2, 'a second try')
  })

  it('misses a stream that can not be played as long as it is wanted', async () => {
    await using stream = await scriptedCamera(({ method }) => (method === 'DESCRIBE' ? { body: STRANGE } : undefined))
    await using box = house({ rtsp: stream })
    box.keeper.add(box.access)
    box.owner.allow('clip')
    await until(() => box.troubles.length === 1, 'unsupported')
    assert.notEqual(box.said.at(-1), 'well')
    box.keeper.review()
    assert.notEqual(box.said.at(-1), 'well')
    box.owner.allow()
    assert.equal(box.said.at(-1), 'well')
  })

  it('tries a stream again by itself that could not be played', async () => {
    await using stream = await scriptedCamera(({ method }) => {
      return method === 'DESCRIBE' && stream.connections === 1 ? { body: STRANGE } : undefined
    })
    await using box = house({ rtsp: stream })
    box.time.areRestsOver = true
    box.keeper.add(box.access)
    box.owner.allow('clip')
    await until(() => stream.methods.includes('PLAY'), 'it plays')
  })
})
