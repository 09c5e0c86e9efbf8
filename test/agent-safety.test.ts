import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { systemClock } from '../agent/base/clock.ts'
import { watchEvents } from '../agent/events/watch.ts'
import { takeSnapshot } from '../agent/media/snapshot.ts'
import { CAMERA, testOwner } from '../agent/media/testing.ts'
import { openStream } from '../agent/rtsp/client.ts'
import { FAULT_GROUPS, isFaultName } from '../simulator/faults/fault.ts'
import { profileNamed } from '../simulator/profiles/catalogue.ts'
import { BRANDS, box, credentialsSince, drained, fleetOf, never, right, sightingOf, wrong } from './harness/records.ts'
import { until } from './harness/until.ts'

const AUTHENTICATION_FAULTS = Object.keys(FAULT_GROUPS.authentication).filter(isFaultName)

describe('a refused credential', () => {
  it('is not sent twice by any fault of authentication and any brand: not in the next pass, and not after a restart', async () => {
    await using fleet = await fleetOf(BRANDS, '127.85.1.1')
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
    await using fleet = await fleetOf(BRANDS, '127.85.2.1')
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
    await using fleet = await fleetOf(BRANDS, '127.85.3.1')
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
            for await (const _ of stream) if (stop.signal.aborted) break
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
