import type { Clock } from '../base/clock.ts'
import type { Database } from '../base/database.ts'
import type { AgentConfig } from '../config/schema.ts'
import type { CredentialBook } from '../credentials/book.ts'
import { RefusalLog } from '../credentials/refusal-log.ts'
import { Inventory } from '../inventory/inventory.ts'
import { probeOf } from './probe-of.ts'

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
