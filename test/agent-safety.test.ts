import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, describe, it } from 'node:test'
import { systemClock } from '../agent/base/clock.ts'
import { type Database, openDatabase } from '../agent/base/database.ts'
import { type Credential, Secret } from '../agent/base/secret.ts'
import { probeOf } from '../agent/cli/probe-of.ts'
import { Keys } from '../agent/credentials/keys.ts'
import { REFUSALS_TABLES, RefusalLog } from '../agent/credentials/refusal-log.ts'
import type { Sighting } from '../agent/discovery/sighting.ts'
import { watchEvents } from '../agent/events/watch.ts'
import { type CameraChange, type DeviceTrouble, Inventory, type InventoryDeps } from '../agent/inventory/inventory.ts'
import { INVENTORY_TABLES } from '../agent/inventory/tables.ts'
import { TRUST_TABLES, TrustStore } from '../agent/inventory/trust-store.ts'
import { takeSnapshot } from '../agent/media/snapshot.ts'
import { CAMERA, testOwner } from '../agent/media/testing.ts'
import { openStream } from '../agent/rtsp/client.ts'
import { FAULT_GROUPS, isFaultName } from '../simulator/faults/fault.ts'
import { type SimulatedCamera, startFleet } from '../simulator/fleet/index.ts'
import { PROFILE_NAMES, profileNamed } from '../simulator/profiles/catalogue.ts'
import { until } from './harness/until.ts'

const DISCOVERY_PORT = 37_085
const PASSWORD = 'richtig'
const right = { username: 'admin', password: new Secret(PASSWORD) }
const wrong = { username: 'admin', password: new Secret('falsch') }
const never = new AbortController().signal
const key = new Keys(randomBytes(32), randomBytes(32), 'file')

const fleetOf = (profiles: readonly string[], firstAddress: string) =>
  startFleet({
    cameras: profiles.map((name) => ({ profile: profileNamed(name), eventIntervalMs: 0 })),
    password: PASSWORD,
    firstAddress,
    httpPort: 0,
    rtspPort: 0,
    discoveryPort: DISCOVERY_PORT,
    multicast: false,
  })

/** What discovery would yield of a camera that answers a probe now. */
function sightingOf(camera: SimulatedCamera, endpoint = camera.truth.endpoint): Sighting {
  const { device: path } = profileNamed(camera.profile).paths
  const at = { address: camera.address, port: camera.httpPort, path, https: false }
  return { endpoint, types: [], scopes: [], xaddrs: [], ...at, via: 'unicast' }
}

/** A box with its records, which outlive a restart of its agent. */
function box(credentials: readonly Credential[], trust: Partial<InventoryDeps['trust']> = {}) {
  const tables = [INVENTORY_TABLES, REFUSALS_TABLES, TRUST_TABLES]
  const db: Database = openDatabase(':memory:', tables)
  after(() => db.close())
  const start = () => {
    const refusals = new RefusalLog(db, key)
    const known = { db, probeOf: probeOf(DISCOVERY_PORT, systemClock), macOf: async () => '', ...trust }
    const inventory = new Inventory({ db, credentials, clock: systemClock, refusals, trust: known })
    const read = async (...sightings: Sighting[]) => {
      const [cameras, troubles]: [CameraChange[], DeviceTrouble[]] = [[], []]
      for await (const news of inventory.refresh(sightings, never)) {
        if (news.kind === 'camera') cameras.push(news)
        else troubles.push(news)
      }
      return { cameras, troubles, reasons: troubles.map(({ error }) => error.facts['reason']) }
    }
    return { inventory, read, remembered: () => read(...inventory.remembered()) }
  }
  return { start, confirm: (address: string) => new TrustStore(db).confirm(address, undefined, Date.now()) }
}

/** How often a credential came since, taken or refused. */
const credentialsSince = (camera: SimulatedCamera, since: number) =>
  camera.journal.requests().filter(({ at, credential }) => at >= since && credential !== 'none').length

const AUTHENTICATION_FAULTS = Object.keys(FAULT_GROUPS.authentication).filter(isFaultName)
const CAMERAS = PROFILE_NAMES.filter((name) => !/^nvr\d/.test(name))

describe('a refused credential', () => {
  it('is not sent twice by any fault of authentication and any brand: not in the next pass, and not after a restart', async () => {
    await using fleet = await fleetOf(CAMERAS, '127.85.1.1')
    const sightings = fleet.cameras.map((camera) => sightingOf(camera))
    for (const fault of AUTHENTICATION_FAULTS) {
      for (const camera of fleet.cameras) camera.setFault(fault)
      for (const credentials of [[wrong], [right]]) {
        const { start } = box(credentials, { probeOf: async () => '' })
        const before = fleet.cameras.map(({ journal }) => journal.counts().refusedCredentials)
        const { read } = start()
        await read(...sightings)
        if (credentials[0] === wrong) await read(...sightings)
        await start().read(...sightings)
        for (const [i, { journal, profile }] of fleet.cameras.entries()) {
          const refused = journal.counts().refusedCredentials - (before[i] ?? 0)
          assert.ok(refused <= 1, `${profile} with ${fault}: ${refused} times`)
        }
      }
      for (const camera of fleet.cameras) camera.clearFault(fault)
    }
  })

  it('is not sent twice where it worked before, for ONVIF, snapshots and streams together', async () => {
    await using fleet = await fleetOf(CAMERAS, '127.85.2.1')
    using owner = testOwner()
    owner.allow('snapshot')
    const { start } = box([right])
    const { inventory, read } = start()
    await read(...fleet.cameras.map((camera) => sightingOf(camera)))
    for (const camera of fleet.cameras) camera.setFault('auth-lockout')
    for (const { device, cameras } of inventory.devices()) {
      const [access] = cameras
      assert.ok(access)
      const camera = fleet.cameras.find(({ address }) => address === device.target.address)
      const { paths } = profileNamed(camera?.profile ?? '')
      const uri = async () => new URL(`http://x:${camera?.httpPort}${paths.snapshot.replaceAll('{channel}', '1')}`)
      const media = { camera: CAMERA, address: device.target.address, credential: right, gate: device.gate }
      const deps = { folder: owner.folder, clock: systemClock, signal: never, reason: 'asked' }
      for (let i = 0; i < 3; i += 1) {
        await assert.rejects(device.deviceInformation(never))
        await assert.rejects(
          takeSnapshot(owner.grant('snapshot'), { ...media, streamUri: uri, snapshotUri: uri }, deps),
        )
      }
    }
    await start().remembered()
    for (const { journal, profile } of fleet.cameras) {
      // The second asks whether it was the user's rights.
      const refused = journal.requests().filter(({ credential }) => credential === 'refused')
      assert.ok(refused.length <= 2, `${profile}: ${refused.map(({ operation }) => operation).join()}`)
    }
  })
})

describe('a password in the clear', () => {
  it('is asked for in vain, for ONVIF, snapshots and streams', async () => {
    await using fleet = await fleetOf(CAMERAS, '127.85.3.1')
    using owner = testOwner()
    owner.allow('snapshot')
    for (const camera of fleet.cameras) camera.setFault('basic-only')
    const { inventory, read } = box([right]).start()
    await read(...fleet.cameras.map((camera) => sightingOf(camera)))
    assert.ok(inventory.devices().every(({ device }) => !device.signedIn))
    for (const camera of fleet.cameras) {
      const { paths } = profileNamed(camera.profile)
      const [device] = inventory.devices()
      assert.ok(device)
      const at = (scheme: string, port: number, path: string) =>
        new URL(`${scheme}://${camera.address}:${port}${path.replaceAll('{channel}', '1')}`)
      const streamed = openStream({
        uri: at('rtsp', camera.rtspPort, paths.stream),
        credential: right,
        signal: never,
        clock: systemClock,
      })
      await assert.rejects(streamed, { kind: 'unsupported', message: /only Basic/ })
      const snapshotUri = async () => at('http', camera.httpPort, paths.snapshot)
      const access = { camera: CAMERA, address: camera.address, credential: right, gate: device.device.gate }
      const deps = { folder: owner.folder, clock: systemClock, signal: never, reason: 'asked' }
      const taken = takeSnapshot(owner.grant('snapshot'), { ...access, snapshotUri, streamUri: snapshotUri }, deps)
      await assert.rejects(taken, { kind: /unsupported|refused/ })
      assert.equal(credentialsSince(camera, 0), 0, camera.profile)
    }
  })
})

describe('the connections of one camera', () => {
  it('are never more than two and its streams, whatever all rooms want at once', async (t) => {
    await using fleet = await fleetOf(['plain', 'nvr'], '127.85.4.1')
    using owner = testOwner()
    owner.allow('snapshot')
    const { inventory, read } = box([right]).start()
    await read(...fleet.cameras.map((camera) => sightingOf(camera)))
    for (const camera of fleet.cameras) camera.setFault('connections-max', 2 + camera.truth.channels)
    const stop = new AbortController()
    t.after(() => stop.abort())
    const works: Promise<unknown>[] = []
    for (const { device, cameras } of inventory.devices()) {
      const events = watchEvents(() => device, { clock: systemClock, signal: stop.signal })
      works.push(drained(events))
      for (const access of cameras) {
        works.push(
          (async () => {
            using _ = await device.gate.connection(stop.signal, 'stream')
            const stream = await openStream({
              uri: await access.streamUri(stop.signal),
              credential: right,
              signal: stop.signal,
              clock: systemClock,
            })
            for await (const { keyframe } of stream) if (keyframe && stop.signal.aborted) break
          })().catch(() => {}),
        )
        const media = {
          camera: CAMERA,
          address: device.target.address,
          credential: right,
          gate: device.gate,
          streamUri: access.streamUri,
          snapshotUri: access.snapshotUri,
        }
        const deps = { folder: owner.folder, clock: systemClock, signal: stop.signal, reason: 'asked' }
        for (let i = 0; i < 3; i += 1) works.push(takeSnapshot(owner.grant('snapshot'), media, deps).catch(() => {}))
      }
      for (let i = 0; i < 6; i += 1) works.push(device.hostname(stop.signal).catch(() => {}))
    }
    const snapshots = () => fleet.cameras.every(({ journal }) => journal.counts().snapshotRequests > 0)
    const streams = () =>
      fleet.cameras.every(({ journal, truth }) => journal.counts().rtspConnections >= truth.channels)
    await until('all have come', async () => snapshots() && streams(), 20_000)
    stop.abort()
    await Promise.all(works)
    for (const { journal, id } of fleet.cameras) {
      assert.deepEqual(
        journal.connections().filter(({ outcome }) => outcome === 'refused'),
        [],
        id,
      )
    }
  })
})

describe('another device in the place of a camera', () => {
  it('gets no credential, of any brand, after a restart or in the middle of the work, before a person confirms it', async (t) => {
    await using fleet = await fleetOf(CAMERAS, '127.85.5.1')
    const { start, confirm } = box([right])
    const { inventory, read } = start()
    const first = await read(...fleet.cameras.map((camera) => sightingOf(camera)))
    assert.deepEqual(first.troubles, [])
    const stop = new AbortController()
    t.after(() => stop.abort())
    const [heard, lost] = [new Set<string>(), new Set<string>()]
    const watching = inventory.devices().map(({ id, device }) => {
      const observer = { answered: () => void heard.add(id), failed: () => void lost.add(id) }
      return drained(watchEvents(() => device, { clock: systemClock, signal: stop.signal, observer }))
    })
    for (const camera of fleet.cameras) camera.setFault('pull-empty-at-once')
    await until('all are watched', async () => heard.size === fleet.cameras.length, 20_000)
    for (const camera of fleet.cameras) camera.clearFault('pull-empty-at-once')
    await Promise.all(fleet.cameras.map((camera) => camera.switchOff()))
    await until('all are missed', async () => lost.size === fleet.cameras.length, 20_000)
    await Promise.all(fleet.cameras.map((camera) => camera.swap()))
    const since = Date.now()
    const sightings = () => fleet.cameras.map((camera) => sightingOf(camera))
    const swapped = await read(...sightings())
    assert.deepEqual([...new Set(swapped.reasons)], ['identity'])
    assert.match(swapped.troubles[0]?.error.message ?? '', /credentials confirm 127\.85\.5\./)
    assert.ok(
      swapped.troubles.every(({ device }) => device !== undefined),
      'told of the camera that is missing',
    )
    await inventoryWithoutProbe(inventory)
    const restarted = start()
    await restarted.remembered()
    await restarted.read(...sightings())
    for (const camera of fleet.cameras) assert.equal(credentialsSince(camera, since), 0, camera.profile)
    for (const { address } of fleet.cameras) confirm(address)
    const confirmed = await restarted.read(...sightings())
    assert.deepEqual(confirmed.troubles, [])
    const before = first.cameras.map(({ camera }) => camera)
    assert.ok(
      confirmed.cameras.every(({ camera }) => !before.includes(camera)),
      'a swapped camera is another one',
    )
    assert.deepEqual((await start().remembered()).troubles, [], 'and known from then on')
    stop.abort()
    await Promise.all(watching)
  })

  it('is told from the camera itself, which has moved, was reset, or changed places with another', async () => {
    await using fleet = await fleetOf(['axis', 'hikvision', 'xm', 'tapo'], '127.85.6.1')
    const { start } = box([right])
    const { read } = start()
    const first = await read(...fleet.cameras.map((camera) => sightingOf(camera)))
    const [axis, hikvision] = fleet.cameras
    assert.ok(axis && hikvision)
    const [one, other] = [axis.address, hikvision.address]
    await axis.moveTo('127.85.6.99')
    await hikvision.moveTo(one)
    await axis.moveTo(other)
    for (const [i, camera] of fleet.cameras.slice(2).entries()) await camera.moveTo(`127.85.6.${50 + i}`)
    for (const restart of [false, true]) {
      const agent = restart ? start() : { read }
      const moved = await agent.read(...fleet.cameras.map((camera) => sightingOf(camera)))
      assert.deepEqual(moved.troubles, [])
      if (restart) continue
      const by = (changes: readonly CameraChange[]) => changes.map(({ camera, facts }) => `${camera} ${facts.serial}`)
      assert.deepEqual(by(moved.cameras).toSorted(), by(first.cameras).toSorted(), 'the same cameras')
    }
    for (const { journal, profile } of fleet.cameras) assert.equal(journal.counts().refusedCredentials, 0, profile)
  })

  it('with the name of a camera but another card, or new to a box that takes nobody in, gets none either', async () => {
    await using fleet = await fleetOf(['plain', 'reolink'], '127.85.7.1')
    const [camera, pretender] = fleet.cameras
    assert.ok(camera && pretender)
    const cards: Record<string, string> = {
      [camera.address]: '02:00:00:00:00:01',
      [pretender.address]: '02:00:00:00:00:02',
    }
    const { start } = box([right], { macOf: async (address) => cards[address] ?? '' })
    const { read } = start()
    await read(sightingOf(camera))
    const { reasons, troubles } = await read(sightingOf(pretender, camera.truth.endpoint))
    assert.deepEqual([reasons, troubles[0]?.device], [['identity'], undefined])
    assert.equal(credentialsSince(pretender, 0), 0)
    const closed = box([right], { newDevices: 'confirm' })
    assert.deepEqual((await closed.start().read(sightingOf(pretender))).reasons, ['identity'])
    assert.equal(credentialsSince(pretender, 0), 0)
    closed.confirm(pretender.address)
    assert.deepEqual((await closed.start().read(sightingOf(pretender))).reasons, [])
    assert.deepEqual((await closed.start().read(sightingOf(pretender))).reasons, [], 'once is enough')
  })
})

async function drained(events: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of events);
}

/** Every signed call of every handle, as other rooms make them at any time. */
async function inventoryWithoutProbe(inventory: Inventory): Promise<void> {
  for (const { device } of inventory.devices()) {
    const outcome = await device.deviceInformation(never).then(
      ({ serial }) => `told its serial ${serial}`,
      () => 'refused',
    )
    assert.equal(outcome, 'refused', `${device.target.address} ${device.signedIn} ${device.credential?.username}`)
  }
}
