import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import Database from 'better-sqlite3'
import { LenscapError } from './errors.ts'

export type { Database } from 'better-sqlite3'

/**
 * Opens one of the box's own databases. A committed row survives a power cut (WAL with synchronous=FULL), a deleted one
 * leaves no copy in the file (secure_delete).
 * @param migrations SQL steps; `user_version` counts those already taken. Append only: fielded boxes have the old ones.
 * @throws LenscapError `storage` when the file can't be opened, or was written by a newer release
 */
export function openDatabase(path: string, migrations: readonly string[]): Database.Database {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const db = openFile(path)
  try {
    db.pragma('journal_mode = WAL')
    db.pragma('synchronous = FULL')
    db.pragma('secure_delete = ON')
    db.pragma('foreign_keys = ON')
    db.pragma('busy_timeout = 2000')
    migrate(db, path, migrations)
    return db
  } catch (error) {
    db.close()
    throw error
  }
}

function openFile(path: string): Database.Database {
  try {
    return new Database(path)
  } catch (cause) {
    throw new LenscapError(
      'storage',
      `Can't open ${path}: check that the folder exists and is writable`,
      { path },
      cause,
    )
  }
}

function migrate(db: Database.Database, path: string, migrations: readonly string[]): void {
  const done = Number(db.pragma('user_version', { simple: true }))
  if (done > migrations.length) {
    throw new LenscapError('storage', `${path} was written by a newer release: install that release again`, { path })
  }
  for (const [index, sql] of migrations.entries()) {
    if (index < done) continue
    db.transaction(() => {
      db.exec(sql)
      db.pragma(`user_version = ${index + 1}`)
    })()
  }
}
