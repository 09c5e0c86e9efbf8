import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PROFILE_NAMES, PROFILES } from '../profiles/catalogue.ts'
import { type Client, differencesOf } from './client-differences.testing.ts'
import { type SimulatedCamera, startFleet } from './index.ts'
import { oneCamera, PASSWORD } from './one-camera.testing.ts'
import { type Found, foundTruthOf, type Reading, truthOf } from './reading.testing.ts'

interface Reader {
  readonly client: Client
  /** The first three numbers of its cameras' addresses. */
  readonly network: string
  readonly read: (camera: SimulatedCamera) => Promise<Reading>
  /** With one probe. */
  readonly discover: (cameras: readonly SimulatedCamera[]) => Promise<Found[]>
  /** How many connections for media it takes to read a camera. */
  readonly mediaConnections: number
}

/** Tests that a client reads every profile as it is, but for the differences that are named. */
export function testClient({ client, network, read, discover, mediaConnections }: Reader): void {
  for (const [i, profile] of PROFILE_NAMES.entries()) {
    const differences = differencesOf(client, profile)
    const refused = differences.find(({ field }) => field === 'all')

    test(`${client} ${refused ? 'is refused by' : 'reads'} ${profile}`, async () => {
      await using one = await oneCamera({ profile, address: `${network}.${i + 1}` })
      if (refused) {
        const says = refused.tells(undefined)
        assert.ok(says instanceof RegExp)
        await assert.rejects(read(one.camera), says)
        return
      }
      const expected: Record<string, unknown> = { ...truthOf(one.camera, PROFILES[profile]) }
      for (const { field, tells } of differences) {
        const told = tells(expected[field])
        assert.notDeepEqual(told, expected[field], `${field} is named as a difference and is none`)
        expected[field] = told
      }
      assert.deepEqual(await read(one.camera), expected)
      assert.equal(one.camera.journal.mediaConnections(), mediaConnections)
    })
  }

  test(`${client} discovers every profile with one probe`, async () => {
    const cameras = PROFILE_NAMES.map((profile) => ({ profile, eventIntervalMs: 0 }))
    const ports = { httpPort: 0, rtspPort: 0, discoveryPort: 0 }
    await using fleet = await startFleet({ cameras, ...ports, firstAddress: `${network}.101`, password: PASSWORD })
    const byEndpoint = (a: Found, b: Found) => String(a.endpoint).localeCompare(String(b.endpoint))
    const truth = fleet.cameras.map((camera, i) => foundTruthOf(camera, PROFILES[PROFILE_NAMES[i] ?? 'plain']))
    assert.deepEqual((await discover(fleet.cameras)).toSorted(byEndpoint), truth.toSorted(byEndpoint))
  })
}
