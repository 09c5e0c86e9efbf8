import { randomBytes } from 'node:crypto'
import { after } from 'node:test'
import { systemClock } from '../../agent/base/clock.ts'
import { type Database, openDatabase } from '../../agent/base/database.ts'
import { type Credential, Secret } from '../../agent/base/secret.ts'
import { probeOf } from '../../agent/cli/probe-of.ts'
import { Keys } from '../../agent/credentials/keys.ts'
import { REFUSALS_TABLES, RefusalLog } from '../../agent/credentials/refusal-log.ts'
import type { Sighting } from '../../agent/discovery/sighting.ts'
import {
  type CameraChange,
  type DeviceTrouble,
  Inventory,
  type InventoryDeps,
} from '../../agent/inventory/inventory.ts'
import { INVENTORY_TABLES } from '../../agent/inventory/tables.ts'
import { TRUST_TABLES, TrustStore } from '../../agent/inventory/trust-store.ts'
import { type SimulatedCamera, startFleet } from '../../simulator/fleet/index.ts'
import { PROFILE_NAMES, profileNamed } from '../../simulator/profiles/catalogue.ts'

const DISCOVERY_PORT = 37_085
const PASSWORD = 'richtig'
export const right = { username: 'admin', password: new Secret(PASSWORD) }
export const wrong = { username: 'admin', password: new Secret('falsch') }
export const never = new AbortController().signal
const key = new Keys(randomBytes(32), randomBytes(32), 'file')

export const fleetOf = (profiles: readonly string[], firstAddress: string) =>
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
export function sightingOf(camera: SimulatedCamera, endpoint = camera.truth.endpoint): Sighting {
  const { device: path } = profileNamed(camera.profile).paths
  const at = { address: camera.address, port: camera.httpPort, path, https: false }
  return { endpoint, types: [], scopes: [], xaddrs: [], ...at, via: 'unicast' }
}

/** A box with its records, which outlive a restart of its agent. */
export function box(credentials: readonly Credential[], trust: Partial<InventoryDeps['trust']> = {}) {
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
export const credentialsSince = (camera: SimulatedCamera, since: number) =>
  camera.journal.requests().filter(({ at, credential }) => at >= since && credential !== 'none').length

/** One of each brand; of recorders the smallest. */
export const BRANDS = PROFILE_NAMES.filter((name) => !/^nvr\d/.test(name))

export async function drained(events: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of events);
}
