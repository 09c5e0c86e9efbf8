import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { systemClock } from '../base/clock.ts'
import { LenscapError } from '../base/errors.ts'
import { DeviceGate } from '../onvif/gate.ts'
import { type Answer, packetizer, type ScriptedCamera, scriptedCamera, slice, until } from '../rtsp/testing.ts'
import type { MediaAccess } from './access.ts'
import { CLIP_SETTINGS, type ClipSettings } from './cutter.ts'
import type { MediaItem } from './item.ts'
import { CameraRecorder } from './recorder.ts'
import { clearAtStart } from './spool-file.ts'
import { CAMERA, type TestOwner, testOwner } from './testing.ts'

const SETTINGS = { ...CLIP_SETTINGS, preRollMs: 100, postRollMs: 150 }

const accessTo = (camera: ScriptedCamera): MediaAccess => ({
  camera: CAMERA,
  address: '127.0.0.1',
  // A host that does not exist: only the camera's own address may be dialled.
  streamUri: async () => new URL(`rtsp://camera.invalid:${camera.uri.port}/stream`),
  snapshotUri: () => Promise.reject(new Error('not asked for')),
  credential: undefined,
  gate: new DeviceGate(systemClock),
})

function record(owner: TestOwner, camera: ScriptedCamera, settings: Partial<ClipSettings> = {}) {
  const items: MediaItem[] = []
  const troubles: unknown[] = []
  const stop = new AbortController()
  const recorder = new CameraRecorder(owner.grant('clip'), accessTo(camera), {
    folder: owner.folder,
    settings: { ...SETTINGS, ...settings },
    clock: systemClock,
    random: () => 0,
    signal: stop.signal,
    onItem: (item) => {
      items.push(item)
    },
    onTrouble: (error) => troubles.push(error),
    stream: { readEveryMs: 0 },
    reconnect: { firstDelayMs: 5, delayMsMax: 20, steadyAfterMs: 1000 },
  })
  return { recorder, items, troubles, stop, running: recorder.run() }
}

/** Sends a picture every 10 ms of real time, each of its own number, an IDR every ten, until disposed. */
function filming(camera: ScriptedCamera) {
  const source = packetizer(100)
  let number = 0
  const timer = setInterval(() => {
    if (camera.open === 0 || !camera.methods.includes('PLAY')) return
    camera.send(...source.picture([slice(number % 10 === 0 ? 'idr' : 'other', number, 600)]))
    number += 1
  }, 10)
  return {
    get number() {
      return number
    },
    [Symbol.dispose]: () => clearInterval(timer),
  }
}

/** The numbers of the pictures in a clip, in order, read from the sample data of its fragments. */
function picturesIn(path: string): number[] {
  const bytes = readFileSync(path)
  const numbers: number[] = []
  for (let at = 0; at < bytes.length; at += bytes.readUInt32BE(at)) {
    if (bytes.toString('latin1', at + 4, at + 8) !== 'mdat') continue
    const end = at + bytes.readUInt32BE(at)
    for (let nal = at + 8; nal < end; nal += 4 + bytes.readUInt32BE(nal)) numbers.push(bytes.readUInt32BE(nal + 6))
  }
  return numbers
}

const inOrder = (numbers: readonly number[]) => numbers.every((n, i) => i === 0 || n === (numbers[i - 1] ?? 0) + 1)

describe('CameraRecorder', () => {
  it('makes a clip with pre-roll and post-roll, whole, in order, from a keyframe', async () => {
    using owner = testOwner()
    owner.allow('clip')
    await using camera = await scriptedCamera()
    using film = filming(camera)
    const { recorder, items, troubles, stop, running } = record(owner, camera, { postRollMs: 1000 })
    await until(() => film.number >= 40, 'some pictures')
    const triggered = film.number
    recorder.trigger('motion', Date.now())
    await until(() => film.number >= triggered + 8, 'some more')
    // The post-roll ends by the clock: neither another picture nor another keyframe has to come.
    film[Symbol.dispose]()
    await until(() => items.length === 1, 'a clip')
    const [item] = items
    assert.ok(item)
    const pictures = picturesIn(item.path)
    assert.ok(inOrder(pictures), 'no picture is missing or doubled')
    assert.equal((pictures[0] ?? -1) % 10, 0, 'it starts at an IDR picture')
    assert.ok((pictures[0] ?? Infinity) <= triggered - 8, 'it shows what came before')
    assert.ok((pictures.at(-1) ?? 0) >= triggered + 5, 'it shows what came after')
    assert.equal(item.durationMs, pictures.length * 10)
    const bytes = readFileSync(item.path)
    assert.equal(item.bytes, bytes.length)
    assert.equal(item.sha256, createHash('sha256').update(bytes).digest('hex'))
    assert.deepEqual(owner.files, [`${item.item}.mp4`])
    stop.abort()
    await running
    assert.deepEqual(troubles, [])
  })

  it('joins triggers that overlap, and does not show the past twice', async () => {
    using owner = testOwner()
    owner.allow('clip')
    await using camera = await scriptedCamera()
    using film = filming(camera)
    const { recorder, items, stop, running } = record(owner, camera, { preRollMs: 2000, postRollMs: 1000 })
    await until(() => film.number >= 15, 'some pictures')
    recorder.trigger('motion', Date.now())
    const before = film.number
    await until(() => film.number >= before + 8, 'a part of the post-roll')
    recorder.trigger('person', Date.now())
    await until(() => items.length === 1, 'one clip')
    recorder.trigger('vehicle', Date.now())
    await until(() => items.length === 2, 'another')
    const [first, second] = items.map(({ path }) => picturesIn(path))
    assert.deepEqual(
      items.map(({ reason }) => reason),
      ['motion', 'vehicle'],
      'the second trigger is in the first clip',
    )
    assert.ok(first?.includes(0), 'the pre-roll reaches back')
    const repeated = second?.filter((picture) => first?.includes(picture)) ?? []
    assert.ok(repeated.length <= 10, 'at most one GOP is in both')
    assert.ok(second && inOrder([...new Set([...(first ?? []), ...second])]), 'and nothing is missing between them')
    stop.abort()
    await running
  })

  it('cuts a long event into clips at keyframes, without a gap', async () => {
    using owner = testOwner()
    owner.allow('clip')
    await using camera = await scriptedCamera()
    using film = filming(camera)
    const { recorder, items, stop, running } = record(owner, camera, { clipMsMax: 250, postRollMs: 600 })
    await until(() => film.number >= 15, 'some pictures')
    recorder.trigger('motion', Date.now())
    await until(() => items.length >= 3, 'three clips')
    const clips = items.map(({ path }) => picturesIn(path))
    assert.ok(clips.every((pictures) => pictures.length <= 25 && (pictures[0] ?? -1) % 10 === 0))
    assert.ok(inOrder(clips.flat()))
    stop.abort()
    await running
  })

  it('opens no connection without a grant', async () => {
    using owner = testOwner()
    await using camera = await scriptedCamera()
    owner.allow('clip', 'snapshot')
    const deps = {
      folder: owner.folder,
      settings: SETTINGS,
      clock: systemClock,
      random: () => 0,
      signal: new AbortController().signal,
      onItem: () => {},
      onTrouble: () => {},
    }
    const snapshot = owner.grant('snapshot')
    assert.throws(() => new CameraRecorder(snapshot, accessTo(camera), deps), { kind: 'refused' })
    const recorder = new CameraRecorder(owner.grant('clip'), accessTo(camera), deps)
    const clip = owner.grant('clip')
    owner.cap.set(true)
    await recorder.run()
    assert.throws(() => new CameraRecorder(clip, accessTo(camera), deps), { kind: 'refused' })
    assert.equal(camera.connections, 0)
  })

  for (const how of ['the owner revokes', 'the cap goes on'] as const) {
    it(`closes the socket at once and leaves no file when ${how} in the middle of a clip`, async () => {
      using owner = testOwner()
      owner.allow('clip')
      await using camera = await scriptedCamera()
      using film = filming(camera)
      const { recorder, items, running } = record(owner, camera, { postRollMs: 5000 })
      await until(() => film.number >= 15, 'some pictures')
      recorder.trigger('motion', Date.now())
      await until(() => owner.files.some((name) => name.endsWith('.part')), 'a clip in progress')
      if (how === 'the owner revokes') {
        owner.allow()
        assert.deepEqual(owner.files, [], 'deleted before accept has returned')
      } else owner.cap.set(true)
      await running
      await until(() => camera.open === 0, 'the socket is closed')
      assert.deepEqual(owner.files, [])
      recorder.trigger('motion', Date.now())
      assert.equal(camera.connections, 1, 'and it did not come back')
      assert.deepEqual([items.length, owner.files.length], [0, 0])
    })
  }

  it('reconnects after a cut; the clip in progress ends with what it has', async () => {
    using owner = testOwner()
    owner.allow('clip')
    await using camera = await scriptedCamera()
    using film = filming(camera)
    const { recorder, items, troubles, stop, running } = record(owner, camera, { postRollMs: 400 })
    await until(() => film.number >= 15, 'some pictures')
    recorder.trigger('motion', Date.now())
    const before = film.number
    await until(() => film.number >= before + 10, 'some more')
    camera.hangUp()
    await until(() => items.length === 2, 'what was before the cut, and what came after it')
    for (const { path } of items) assert.ok(inOrder(picturesIn(path)))
    assert.equal(camera.connections, 2)
    assert.equal(troubles.length, 1)
    stop.abort()
    await running
  })

  it('does not try again where the camera refuses the credential', async () => {
    using owner = testOwner()
    owner.allow('clip')
    const refusal: Answer = { status: '401 Unauthorized', headers: ['WWW-Authenticate: Digest realm="c", nonce="n"'] }
    await using camera = await scriptedCamera(() => refusal)
    const { running } = record(owner, camera)
    await assert.rejects(running, { kind: 'refused' })
    assert.equal(camera.connections, 1)
  })

  it('hands over a clip in progress when the box shuts down', async () => {
    using owner = testOwner()
    owner.allow('clip')
    await using camera = await scriptedCamera()
    using film = filming(camera)
    const { recorder, items, stop, running } = record(owner, camera, { postRollMs: 60_000 })
    await until(() => film.number >= 15, 'some pictures')
    recorder.trigger('motion', Date.now())
    stop.abort()
    await running
    assert.equal(items.length, 1)
  })
})

describe('the spool', () => {
  it('says what to do where the disk does not take a clip, and leaves nothing behind', async () => {
    using owner = testOwner()
    owner.allow('clip')
    await using camera = await scriptedCamera()
    using film = filming(camera)
    writeFileSync(owner.folder, 'a file where the folder should be')
    const { recorder, troubles, stop, running } = record(owner, camera)
    await until(() => film.number >= 15, 'some pictures')
    recorder.trigger('motion', Date.now())
    await until(() => troubles.length > 0, 'trouble')
    assert.ok(troubles[0] instanceof LenscapError && troubles[0].kind === 'storage')
    assert.match(troubles[0].message, /check that the disk/)
    stop.abort()
    await running
  })

  it("is empty after a start: what a crash left, finished or not, is nobody's", async () => {
    using owner = testOwner()
    mkdirSync(owner.folder)
    for (const name of ['a.mp4.part', 'b.mp4', 'c.jpg']) writeFileSync(join(owner.folder, name), '')
    assert.equal(await clearAtStart(owner.folder), 3)
    assert.deepEqual(owner.files, [])
    assert.equal(await clearAtStart(owner.folder), 0)
  })
})
