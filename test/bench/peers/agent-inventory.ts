import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../../../agent/base/clock.ts'
import { openDatabase } from '../../../agent/base/database.ts'
import { Secret } from '../../../agent/base/secret.ts'
import { probeOf } from '../../../agent/cli/probe-of.ts'
import { openKeys } from '../../../agent/credentials/keys.ts'
import { REFUSALS_TABLES, RefusalLog } from '../../../agent/credentials/refusal-log.ts'
import { discover } from '../../../agent/discovery/discover.ts'
import { Inventory } from '../../../agent/inventory/inventory.ts'
import { INVENTORY_TABLES } from '../../../agent/inventory/tables.ts'
import { TRUST_TABLES } from '../../../agent/inventory/trust-store.ts'

/**
 * Finds and reads cameras by the agent's own rooms, put together as the running agent does, into a database on disk.
 * Arguments: range, discovery port, user name, password. Says in a line of JSON when the last was read, what was, and what
 * that took of processor time and memory.
 */
const [range = '', port = '', username = '', password = ''] = process.argv.slice(2)
const discoveryPort = Number(port)
const folder = mkdtempSync(join(tmpdir(), 'lenscap-inventory-'))
const begunMs = performance.now()
const signal = AbortSignal.timeout(120_000)
const db = openDatabase(join(folder, 'state.db'), [INVENTORY_TABLES, REFUSALS_TABLES, TRUST_TABLES])
const inventory = new Inventory({
  db,
  credentials: [{ username, password: new Secret(password) }],
  clock: systemClock,
  refusals: new RefusalLog(db, await openKeys(folder)),
  trust: { db, probeOf: probeOf(discoveryPort, systemClock), newDevices: 'sign-in' },
})
const sightings = discover({ cidrs: [range], multicast: false, discoveryPort, clock: systemClock, signal })
const cameras: { address: string; serial: string; firmware: string; atMs: number }[] = []
for await (const news of inventory.refresh(sightings, signal)) {
  if (news.kind !== 'camera') continue
  const { address, serial, firmware } = news.facts
  cameras.push({ address, serial, firmware, atMs: performance.now() - begunMs })
}
db.close()
rmSync(folder, { recursive: true })
const { user, system } = process.cpuUsage()
const { rss } = process.memoryUsage()
const told = { tookMs: cameras.at(-1)?.atMs, cpuMs: (user + system) / 1000, rssBytes: rss, cameras }
process.stdout.write(`${JSON.stringify(told)}\n`)
