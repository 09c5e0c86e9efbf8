import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { systemClock } from '../agent/base/clock.ts'
import { watchEvents } from '../agent/events/watch.ts'
import type { CameraChange, Inventory } from '../agent/inventory/inventory.ts'
import { BRANDS, box, credentialsSince, drained, fleetOf, never, right, sightingOf } from './harness/records.ts'
import { until } from './harness/until.ts'

describe('another device in the place of a camera', () => {
  it('gets no credential, of any brand, after a restart or in the middle of the work, before a person confirms it', async (t) => {
    await using fleet = await fleetOf(BRANDS, '127.85.5.1')
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
    await nothingSigned(inventory)
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

/** Every signed call of every handle, as other rooms make them at any time. */
async function nothingSigned(inventory: Inventory): Promise<void> {
  for (const { device } of inventory.devices()) {
    const outcome = await device.deviceInformation(never).then(
      ({ serial }) => `told its serial ${serial}`,
      () => 'refused',
    )
    assert.equal(outcome, 'refused', `${device.target.address} ${device.signedIn} ${device.credential?.username}`)
  }
}
