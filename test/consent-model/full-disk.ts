import { existsSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'

// What a full disk refuses: every change of a row, a deletion too. The box's own room for a revocation is used up as well.
const CLOSED: Readonly<Record<string, readonly string[]>> = {
  'state.db': ['INSERT ON grant_held', 'UPDATE ON grant_held'],
  'egress.db': [
    ...['INSERT ON item', 'UPDATE ON item', 'DELETE ON item'],
    ...['INSERT ON ledger', 'INSERT ON ledger_told', 'UPDATE ON ledger_told'],
  ],
}

/** Makes the box's databases take nothing, as on a full disk, or something again. */
export function fillDisk(stateDir: string, isFull: boolean): void {
  for (const [file, changes] of Object.entries(CLOSED)) {
    const path = join(stateDir, file)
    if (!existsSync(path)) continue
    const db = new Database(path)
    changes.forEach((change, i) => {
      db.exec(`DROP TRIGGER IF EXISTS full_${i}`)
      if (isFull) db.exec(`CREATE TRIGGER full_${i} BEFORE ${change} BEGIN SELECT raise(ABORT, 'disk full'); END`)
    })
    db.close()
  }
}
