import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../../../agent/base/clock.ts'
import { openDatabase } from '../../../agent/base/database.ts'
import { Secret } from '../../../agent/base/secret.ts'
import { discover } from '../../../agent/discovery/discover.ts'
import { Inventory } from '../../../agent/inventory/inventory.ts'
import { INVENTORY_TABLES } from '../../../agent/inventory/tables.ts'

/**
 * Finds and reads cameras by the agent's own rooms, put together as the running agent does, into a database on disk.
 * Arguments: range, discovery port, user name, password. Says in a line of JSON when the last was read, and what was.
 */
const [range = '', port = '', username = '', password = ''] = process.argv.slice(2)
const folder = mkdtempSync(join(tmpdir(), 'lenscap-inventory-'))
const begunMs = performance.now()
const signal = AbortSignal.timeout(60_000)
const db = openDatabase(join(folder, 'state.db'), [INVENTORY_TABLES])
const credentials = [{ username, password: new Secret(password) }]
const inventory = new Inventory({ db, credentials, clock: systemClock })
const sightings = discover({
  cidrs: [range],
  multicast: false,
  discoveryPort: Number(port),
  clock: systemClock,
  signal,
})
const cameras: { address: string; serial: string; firmware: string; atMs: number }[] = []
for await (const news of inventory.refresh(sightings, signal)) {
  if (news.kind !== 'camera') continue
  const { address, serial, firmware } = news.facts
  cameras.push({ address, serial, firmware, atMs: performance.now() - begunMs })
}
db.close()
rmSync(folder, { recursive: true })
process.stdout.write(`${JSON.stringify({ tookMs: cameras.at(-1)?.atMs, cameras })}\n`)
