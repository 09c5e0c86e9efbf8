import type { Clock } from '../base/clock.ts'
import type { Database } from '../base/database.ts'
import type { Logger } from '../base/logger.ts'
import type { AgentConfig } from '../config/schema.ts'
import type { CredentialBook } from '../credentials/book.ts'
import { RefusalLog } from '../credentials/refusal-log.ts'
import { Inventory } from '../inventory/inventory.ts'
import type { DeviceWatch } from './device-watch.ts'
import { probeOf } from './probe-of.ts'
import type { Search } from './search.ts'

/** The inventory of a running agent: with the box's own credentials, and its memory of who refused them and whom it trusts. */
export function openInventory(
  db: Database,
  credentials: CredentialBook,
  { port, newDevices }: AgentConfig['discovery'],
  clock: Clock,
): Inventory {
  return new Inventory({
    db,
    credentials: (subject) => credentials.setsFor(subject),
    clock,
    refusals: new RefusalLog(db, credentials),
    trust: { db, probeOf: probeOf(port, clock), newDevices },
  })
}

/** Uses other credentials as soon as there are any: whoever is not let in is tried with them at once. */
export async function followCredentials(
  credentials: CredentialBook,
  inventory: Pick<Inventory, 'use'>,
  search: Pick<Search, 'readAgain'>,
  watch: Pick<DeviceWatch, 'retry'>,
  logger: Logger,
  signal: AbortSignal,
): Promise<void> {
  const onChange = () => {
    logger.info({ sets: credentials.sets().length }, 'The credentials have changed')
    inventory.use()
    void search.readAgain().then(() => watch.retry())
  }
  await credentials.watch(onChange, signal)
}
