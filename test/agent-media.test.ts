import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { systemClock } from '../agent/base/clock.ts'
import { Secret } from '../agent/base/secret.ts'
import type { MediaAccess } from '../agent/media/access.ts'
import { CLIP_SETTINGS } from '../agent/media/cutter.ts'
import type { MediaItem } from '../agent/media/item.ts'
import { CameraRecorder } from '../agent/media/recorder.ts'
import { takeSnapshot } from '../agent/media/snapshot.ts'
import { CAMERA, type TestOwner, testOwner } from '../agent/media/testing.ts'
import { DeviceGate } from '../agent/onvif/gate.ts'
import { until } from '../agent/rtsp/testing.ts'
import { type SimulatedCamera, startFleet } from '../simulator/fleet/index.ts'
import { loadScenes } from '../simulator/imaging/scene.ts'
import { PROFILE_NAMES, type ProfileName, profileNamed } from '../simulator/profiles/catalogue.ts'

// Scenes have a keyframe each second.
const SETTINGS = { ...CLIP_SETTINGS, preRollMs: 500, postRollMs: 1400 }

/** The agent records H.264 alone. */
const BRANDS = PROFILE_NAMES.filter((name) => profileNamed(name).mainCodec === 'h264')

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

function record(owner: TestOwner, access: MediaAccess, stallMs = 5000) {
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
    streamLimits: { stallMs },
  })
  return { recorder, items, troubles, stop, running: recorder.run() }
}

const playing = (camera: SimulatedCamera) =>
  until(() => camera.journal.requests().some(({ operation }) => operation === 'PLAY'), 'PLAY')

/** The samples of a clip's fragments, each as its NAL units in hex, without a parser that the agent uses. */
function* samplesIn(clip: Buffer): Generator<string> {
  let sizes: number[] = []
  for (let at = 0; at < clip.length; at += clip.readUInt32BE(at)) {
    const type = clip.toString('latin1', at + 4, at + 8)
    const end = at + clip.readUInt32BE(at)
    if (type === 'moof') {
      const run = clip.indexOf('trun', at, 'latin1')
      sizes = Array.from({ length: clip.readUInt32BE(run + 8) }, (_, i) => clip.readUInt32BE(run + 16 + i * 16 + 4))
    }
    if (type !== 'mdat') continue
    let sample = at + 8
    for (const bytes of sizes) {
      // The simulator marks each picture with an SEI (type 6), which its scenes don't hold.
      const pictureUnits = nalUnitsIn(clip.subarray(sample, sample + bytes)).filter((hex) => !hex.startsWith('06'))
      yield pictureUnits.join()
      sample += bytes
    }
    assert.equal(sample, end, 'the samples fill their mdat')
  }
}

function nalUnitsIn(sample: Buffer): string[] {
  const units: string[] = []
  for (let at = 0; at < sample.length; at += 4 + sample.readUInt32BE(at)) {
    units.push(sample.toString('hex', at + 4, at + 4 + sample.readUInt32BE(at)))
  }
  return units
}

/** The pictures of all scenes in order, as a clip should hold them, each with its successor in the loop. */
async function successors(): Promise<ReadonlyMap<string, string>> {
  const next = new Map<string, string>()
  for (const { accessUnits } of await loadScenes()) {
    const pictures = accessUnits.map(({ nalUnits }) =>
      nalUnits
        .filter((nal) => ![7, 8].includes((nal[0] ?? 0) & 31))
        .map((nal) => nal.toString('hex'))
        .join(),
    )
    for (const [i, picture] of pictures.entries()) next.set(picture, pictures[(i + 1) % pictures.length] ?? '')
  }
  return next
}

describe('media of simulated cameras', () => {
  it('is recorded from every brand, every picture bit for bit and in order, and photographed', async () => {
    const next = await successors()
    await using fleet = await fleetOf(BRANDS, '127.83.1.1')
    await Promise.all(
      fleet.cameras.map(async (camera) => {
        using owner = testOwner()
        owner.allow('clip', 'snapshot')
        const access = accessTo(camera)
        const { recorder, items, troubles, stop, running } = record(owner, access)
        const deps = { folder: owner.folder, clock: systemClock, signal: stop.signal, reason: 'granted' }
        const snapshot = await takeSnapshot(owner.grant('snapshot'), access, deps)
        assert.ok(snapshot.bytes > 1000)
        await playing(camera)
        recorder.trigger('motion', Date.now())
        await until(() => items.length > 0, 'a clip')
        stop.abort()
        await running
        const pictures = [...samplesIn(readFileSync(items[0]?.path ?? ''))]
        assert.ok(pictures.length >= 3, `${camera.id}: ${pictures.length} pictures`)
        for (const [i, picture] of pictures.slice(0, -1).entries())
          assert.equal(next.get(picture), pictures[i + 1], camera.id)
        assert.deepEqual(troubles, [])
      }),
    )
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
    const { troubles, stop, running } = record(owner, accessTo(stalling), 100)
    await until(() => troubles.length > 0, 'trouble')
    assert.match(String(troubles[0]), /sent no video for 100 ms/)
    stop.abort()
    await running
    await assert.rejects(record(owner, accessTo(locking)).running, { kind: 'refused' })
    assert.equal(locking.journal.counts().refusedCredentials, 1)
    assert.equal(locking.journal.counts().rtspConnections, 1)
  })
})
