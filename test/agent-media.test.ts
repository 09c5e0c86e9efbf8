import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { systemClock } from '../agent/base/clock.ts'
import { Secret } from '../agent/base/secret.ts'
import type { MediaAccess } from '../agent/media/access.ts'
import { nalUnitsIn, readClip } from '../agent/media/clip-file.testing.ts'
import { CLIP_SETTINGS } from '../agent/media/cutter.ts'
import { readFlacFrame } from '../agent/media/flac.testing.ts'
import { decodeG711 } from '../agent/media/g711.ts'
import type { MediaItem } from '../agent/media/item.ts'
import { CameraRecorder, type StreamWishes } from '../agent/media/recorder.ts'
import { takeSnapshot } from '../agent/media/snapshot.ts'
import { CAMERA, type TestOwner, testOwner } from '../agent/media/testing.ts'
import { DeviceGate } from '../agent/onvif/gate.ts'
import { until } from '../agent/rtsp/testing.ts'
import { type SimulatedCamera, startFleet } from '../simulator/fleet/index.ts'
import { CODECS, type Codec } from '../simulator/imaging/codec.ts'
import { loadScenes, type Scene } from '../simulator/imaging/scene.ts'
import type { Sounds } from '../simulator/imaging/sound.ts'
import { PROFILE_NAMES, type ProfileName, profileNamed } from '../simulator/profiles/catalogue.ts'

// Scenes have a keyframe each second.
const SETTINGS = { ...CLIP_SETTINGS, preRollMs: 500, postRollMs: 1400 }

const fleetOf = (profiles: readonly ProfileName[], firstAddress: string) =>
  startFleet({
    cameras: profiles.map((profile) => ({ profile, eventIntervalMs: 0 })),
    firstAddress,
    httpPort: 0,
    rtspPort: 0,
    discoveryPort: 0,
    multicast: false,
  })

/** What the inventory room would know of the camera's first channel. */
function accessTo(camera: SimulatedCamera): MediaAccess {
  const { paths } = profileNamed(camera.profile)
  const uri = (scheme: string, port: number, path: string) =>
    new URL(`${scheme}://camera.invalid:${port}${path.replaceAll('{channel}', '1')}`)
  return {
    camera: CAMERA,
    address: camera.address,
    streamUri: async () => uri('rtsp', camera.rtspPort, paths.stream),
    snapshotUri: async () => uri('http', camera.httpPort, paths.snapshot),
    credential: { username: camera.account.user, password: new Secret(camera.account.password) },
    gate: new DeviceGate(systemClock),
  }
}

function record(owner: TestOwner, access: MediaAccess, stream: StreamWishes = {}, stallMs = 5000) {
  const items: MediaItem[] = []
  const troubles: unknown[] = []
  const stop = new AbortController()
  const recorder = new CameraRecorder(owner.grant('clip'), access, {
    folder: owner.folder,
    settings: SETTINGS,
    clock: systemClock,
    random: Math.random,
    signal: stop.signal,
    onItem: (item) => {
      items.push(item)
    },
    onTrouble: (error) => troubles.push(error),
    stream,
    streamLimits: { stallMs },
  })
  return { recorder, items, troubles, stop, running: recorder.run() }
}

const playing = (camera: SimulatedCamera) =>
  until(() => camera.journal.requests().some(({ operation }) => operation === 'PLAY'), 'PLAY')

/** A picture by its slices: parameter sets stand in the file's head, and the simulator marks each picture with an SEI. */
function pictureOf(nalUnits: readonly Buffer[], codec: Codec): string {
  const slices = nalUnits.filter((nal) => CODECS[codec].isSlice(nal))
  return slices.map((nal) => nal.toString('hex')).join()
}

/** As the sample entry tells it (ISO/IEC 14496-12, 12.1.3). */
function widthOf(clip: Buffer): number {
  const entry = clip.indexOf('avc1', clip.indexOf('stsd', 0, 'latin1'), 'latin1')
  return clip.readUInt16BE(entry + 28)
}

/** The pictures of all scenes, as a clip should hold them, each with its successor in the loop. */
function successors(scenes: readonly Scene[]): ReadonlyMap<string, string> {
  const next = new Map<string, string>()
  for (const { codec, accessUnits } of scenes.flatMap((scene) => [scene, scene.h265])) {
    const pictures = accessUnits.map(({ nalUnits }) => pictureOf(nalUnits, codec))
    for (const [i, picture] of pictures.entries()) next.set(picture, pictures[(i + 1) % pictures.length] ?? '')
  }
  return next
}

/** A sound's loop, twice over, as a clip should hold a piece of it: AAC frame by frame, G.711 as samples. */
function loopOf(sounds: Sounds, codec: 'aac' | 'pcmu'): string {
  const { units } = sounds[codec]
  const hex =
    codec === 'aac'
      ? units.map((unit) => unit.toString('hex'))
      : [samplesOf([...decodeG711(Buffer.concat(units), codec)])]
  return [...hex, ...hex].join(codec === 'aac' ? ',' : '')
}

const heardIn = (sound: readonly Buffer[], codec: 'aac' | 'pcmu'): string =>
  codec === 'aac'
    ? sound.map((frame) => frame.toString('hex')).join()
    : samplesOf(sound.flatMap((frame) => readFlacFrame(frame).samples))

const samplesOf = (samples: readonly number[]) => Buffer.from(Int16Array.from(samples).buffer).toString('hex')

describe('media of simulated cameras', () => {
  it('is recorded from every brand, every picture and sound bit for bit and in order, and photographed', async () => {
    const scenes = await loadScenes()
    const next = successors(scenes)
    await using fleet = await fleetOf(PROFILE_NAMES, '127.83.1.1')
    await Promise.all(
      fleet.cameras.map(async (camera) => {
        using owner = testOwner()
        owner.allow('clip', 'snapshot')
        const access = accessTo(camera)
        const { recorder, items, troubles, stop, running } = record(owner, access, { sound: true })
        const deps = { folder: owner.folder, clock: systemClock, signal: stop.signal, reason: 'granted' }
        const snapshot = await takeSnapshot(owner.grant('snapshot'), access, deps)
        assert.ok(snapshot.bytes > 1000)
        await playing(camera)
        recorder.trigger('motion', Date.now())
        await until(() => items.length > 0, 'a clip')
        stop.abort()
        await running
        const { mainCodec, audio } = profileNamed(camera.profile)
        const clip = readClip(items[0]?.path ?? '')
        const pictures = clip.pictures.map((sample) => pictureOf(nalUnitsIn(sample), mainCodec))
        assert.ok(pictures.length >= 3, `${camera.id}: ${pictures.length} pictures`)
        for (const [i, picture] of pictures.slice(0, -1).entries())
          assert.equal(next.get(picture), pictures[i + 1], camera.id)
        assert.equal(clip.sound.length > 0, audio !== undefined, camera.profile)
        if (audio && scenes[0]) {
          const heard = heardIn(clip.sound, audio)
          assert.ok(loopOf(scenes[0].sounds, audio).includes(heard), `${camera.id}: the sound is another`)
        }
        assert.deepEqual(troubles, [])
      }),
    )
  })

  it('comes without sound unless that is wished for, and over UDP where it must', async () => {
    await using fleet = await fleetOf(['amcrest', 'vigi'], '127.83.4.1')
    await Promise.all(
      fleet.cameras.map(async (camera) => {
        camera.setFault('rtsp-tcp-refused')
        using owner = testOwner()
        owner.allow('clip')
        const { recorder, items, troubles, stop, running } = record(owner, accessTo(camera))
        await playing(camera)
        recorder.trigger('motion', Date.now())
        await until(() => items.length > 0, 'a clip')
        stop.abort()
        await running
        const { pictures, sound } = readClip(items[0]?.path ?? '')
        assert.deepEqual([pictures.length >= 3, sound.length, troubles], [true, 0, []])
      }),
    )
  })

  it('begins a new clip where the camera changes its size', async () => {
    await using fleet = await fleetOf(['plain'], '127.83.5.1')
    const [camera] = fleet.cameras
    assert.ok(camera)
    camera.setFault('sps-change', 1)
    using owner = testOwner()
    owner.allow('clip')
    const { recorder, items, stop, running } = record(owner, accessTo(camera))
    await playing(camera)
    const going = setInterval(() => recorder.trigger('motion', Date.now()), 100)
    const sizes = () => new Set(items.map(({ path }) => widthOf(readFileSync(path))))
    await until(() => sizes().size === 2, 'a clip of each size')
    clearInterval(going)
    stop.abort()
    await running
    assert.deepEqual([...sizes()].toSorted(), [1280, 640])
  })

  it('is not touched without a grant, and let go of when it ends', async () => {
    await using fleet = await fleetOf(['hikvision'], '127.83.2.1')
    const [camera] = fleet.cameras
    assert.ok(camera)
    using owner = testOwner()
    owner.allow('clip', 'snapshot')
    const grants = { clip: owner.grant('clip'), snapshot: owner.grant('snapshot') }
    owner.allow()
    const signal = new AbortController().signal
    const deps = { folder: owner.folder, clock: systemClock, signal, reason: 'granted' }
    await assert.rejects(takeSnapshot(grants.snapshot, accessTo(camera), deps), { kind: 'refused' })
    assert.throws(() => record({ ...owner, grant: () => grants.clip }, accessTo(camera)), { kind: 'refused' })
    assert.equal(camera.journal.mediaConnections(), 0)
    owner.allow('clip')
    const { recorder, running } = record(owner, accessTo(camera))
    await playing(camera)
    recorder.trigger('motion', Date.now())
    await until(() => owner.files.length === 1, 'a clip in progress')
    owner.allow()
    assert.deepEqual(owner.files, [])
    await running
    await until(() => camera.journal.requests().at(-1)?.operation === 'TEARDOWN', 'TEARDOWN')
  })

  it('that stalls is named, and a refused credential is sent once', async () => {
    await using fleet = await fleetOf(['axis', 'reolink'], '127.83.3.1')
    const [stalling, locking] = fleet.cameras
    assert.ok(stalling && locking)
    stalling.setFault('rtsp-stall')
    locking.setFault('auth-lockout')
    using owner = testOwner()
    owner.allow('clip')
    const { troubles, stop, running } = record(owner, accessTo(stalling), {}, 100)
    await until(() => troubles.length > 0, 'trouble')
    assert.match(String(troubles[0]), /sent no video for 100 ms/)
    stop.abort()
    await running
    await assert.rejects(record(owner, accessTo(locking)).running, { kind: 'refused' })
    assert.equal(locking.journal.counts().refusedCredentials, 1)
    assert.equal(locking.journal.counts().rtspConnections, 1)
  })
})
