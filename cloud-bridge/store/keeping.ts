import { checkpoint } from './open-store.ts'
import type { Db } from './tables.ts'

// In steps, so that no single commit holds up the messages that come in.
const ROWS_PER_STEP = 5000

/** Forgets events, camera logs and activity from before this time (UTC milliseconds). */
export async function forgetBefore(db: Db, beforeMs: number): Promise<void> {
  let forgotten = false
  for (const table of ['events', 'logs', 'activity'] as const) {
    for (;;) {
      const old = db.selectFrom(table).select('id').where('at', '<', beforeMs).limit(ROWS_PER_STEP)
      const { numDeletedRows } = await db.deleteFrom(table).where('id', 'in', old).executeTakeFirst()
      forgotten ||= numDeletedRows > 0
      if (numDeletedRows < ROWS_PER_STEP) break
    }
  }
  if (forgotten) await checkpoint(db)
}

/** After a start nobody is connected, whatever the last run wrote. */
export async function markAllOffline(db: Db): Promise<void> {
  await db.updateTable('agents').set({ online: 0 }).where('online', '=', 1).execute()
}
