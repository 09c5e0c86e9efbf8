import { Kysely, SqliteDialect, sql } from 'kysely'
import { Migrator } from 'kysely/migration'
import { openDatabase } from '../../agent/base/database.ts'
import { LenscapError } from '../../agent/base/errors.ts'
import { migrationsFor } from './migrations.ts'
import type { Db, Tables } from './tables.ts'

/**
 * Opens the embedded records, made or brought up to date where needed. What a transaction committed survives a power
 * cut; what was deleted leaves no copy in the file.
 * @throws LenscapError `storage` when the file can't be opened, or was written by a newer release
 */
export async function openStore(path: string): Promise<Db> {
  const database = openDatabase(path, [])
  const db = new Kysely<Tables>({ dialect: new SqliteDialect({ database }) })
  try {
    await migrate(db, path)
    return db
  } catch (error) {
    await db.destroy()
    database.close()
    throw error
  }
}

async function migrate(db: Db, path: string): Promise<void> {
  const migrations = migrationsFor('sqlite')
  for (const name of await doneSteps(db)) {
    if (name in migrations) continue
    throw new LenscapError('storage', `${path} was written by a newer release: install that release again`, { path })
  }
  const migrator = new Migrator({ db, provider: { getMigrations: async () => migrations } })
  const { error } = await migrator.migrateToLatest()
  if (error) throw new LenscapError('storage', `Can't bring ${path} up to date`, { path }, error)
}

async function doneSteps(db: Db): Promise<string[]> {
  const tables = await db.introspection.getTables({ withInternalKyselyTables: true })
  if (!tables.some((table) => table.name === 'kysely_migration')) return []
  const { rows } = await sql<{ name: string }>`SELECT name FROM kysely_migration`.execute(db)
  return rows.map((row) => row.name)
}

/**
 * Folds the write-ahead log into the file, so that erased rows leave no copy in it either. False: somebody else reads
 * the file at this moment, and the log stays as it is.
 */
export async function checkpoint(db: Db): Promise<boolean> {
  const { rows } = await sql<{ busy: number }>`PRAGMA wal_checkpoint(TRUNCATE)`.execute(db)
  return rows[0]?.busy === 0
}
