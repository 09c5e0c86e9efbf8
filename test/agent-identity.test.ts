import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from '../agent/base/clock.ts'
import { openDatabase } from '../agent/base/database.ts'
import { Secret } from '../agent/base/secret.ts'
import type { Sighting } from '../agent/discovery/sighting.ts'
import { Inventory } from '../agent/inventory/inventory.ts'
import { INVENTORY_TABLES } from '../agent/inventory/tables.ts'
import { TRUST_TABLES } from '../agent/inventory/trust-store.ts'
import { type FaultName, type SimulatedCamera, startFleet } from '../simulator/fleet/index.ts'
import { profileNamed } from '../simulator/profiles/catalogue.ts'

const PASSWORD = 'richtig'
const owner = { username: 'admin', password: new Secret(PASSWORD) }
const never = new AbortController().signal
/** Two of a kind, so that what they share could merge them; and a recorder. */
const PROFILES = ['xm', 'xm', 'plain', 'plain', 'hikvision', 'hikvision', 'nvr'] as const
const STRANGE: readonly FaultName[][] = [
  [],
  ['serial-shared'],
  ['mac-shared'],
  ['mac-missing'],
  ['serial-empty'],
  ['serial-shared', 'mac-missing'],
  ['mac-shared', 'serial-empty'],
  ['endpoint-missing'],
  ['endpoint-missing', 'mac-shared'],
]

const sightingOf = ({ address, httpPort: port, profile, truth, faults }: SimulatedCamera): Sighting => {
  const isNameless = faults.some(({ name }) => name === 'endpoint-missing')
  const { device: path } = profileNamed(profile).paths
  const rest = { types: [], scopes: [], xaddrs: [], address, port, path, https: false }
  return { endpoint: isNameless ? '' : truth.endpoint, ...rest, via: 'unicast' }
}

for (const [i, faults] of STRANGE.entries()) {
  const first = `127.86.${i + 1}`
  test(`cameras with ${faults.join(' and ') || 'nothing strange'} stay who they are, through moves, restarts and a swap`, async () => {
    await using fleet = await startFleet({
      cameras: PROFILES.map((profile) => ({ profile, eventIntervalMs: 0 })),
      password: PASSWORD,
      firstAddress: `${first}.1`,
      httpPort: 0,
      rtspPort: 0,
      discoveryPort: 0,
      multicast: false,
    })
    for (const camera of fleet.cameras) for (const fault of faults) camera.setFault(fault)
    const db = openDatabase(':memory:', [INVENTORY_TABLES, TRUST_TABLES])
    const start = () => {
      const trust = { db, macOf: async () => '' }
      return new Inventory({ db, credentials: [owner], clock: systemClock, trust })
    }
    /** The ids of each device's cameras, in the fleet's order. */
    const read = async (inventory: Inventory) => {
      const sightings = fleet.cameras.map(sightingOf)
      for await (const news of inventory.refresh(sightings, never)) if (news.kind === 'trouble') throw news.error
      return sightings.map(({ address }) => {
        const handle = inventory.devices().find(({ device }) => device.target.address === address)
        return handle?.cameras.map(({ camera }) => camera).join()
      })
    }
    const inventory = start()
    const before = await read(inventory)
    assert.equal(new Set(before).size, PROFILES.length, 'as many devices as there are')
    assert.deepEqual(await read(inventory), before, 'the second time')
    assert.deepEqual(await read(start()), before, 'after a restart')
    // What tells nothing of itself has only its place.
    const canMove = !faults.includes('endpoint-missing')
    if (canMove) {
      for (const [k, camera] of fleet.cameras.entries()) await camera.moveTo(`${first}.${100 + k}`)
      assert.deepEqual(await read(inventory), before, 'after a move')
    }
    const [swapped] = fleet.cameras
    await swapped?.swap()
    // Without the memory of whom it trusts, which would ask a person first.
    const [now] = await read(new Inventory({ db, credentials: [owner], clock: systemClock }))
    const isTold = !faults.includes('endpoint-missing')
    if (isTold) assert.notEqual(now, before[0], 'a swapped camera is another')
    db.close()
  })
}
