import { sql } from 'kysely'
import type { Migration } from 'kysely/migration'
import { GROUND } from './ground.ts'

export type Engine = 'sqlite' | 'postgres'

const SERIAL: Record<Engine, string> = {
  sqlite: 'INTEGER PRIMARY KEY AUTOINCREMENT',
  postgres: 'BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY',
}

/** Every step from an empty database to today's, in order. Append only: databases in the field have the old ones. */
const STEPS: readonly (readonly [name: string, statements: readonly string[]])[] = [
  ['0001-ground', GROUND],
  [
    '0002-erasures',
    [
      `CREATE TABLE erasures (
        account TEXT PRIMARY KEY REFERENCES accounts (id) ON DELETE CASCADE,
        since BIGINT NOT NULL)`,
    ],
  ],
  ['0003-partings', ['CREATE TABLE partings (mark TEXT PRIMARY KEY, since BIGINT NOT NULL)']],
  [
    '0004-sealed-media',
    [
      `CREATE TABLE media_keys (
        account TEXT PRIMARY KEY REFERENCES accounts (id) ON DELETE CASCADE,
        recipient TEXT NOT NULL,
        sealed_identity TEXT NOT NULL,
        owner_recipients TEXT NOT NULL)`,
      `ALTER TABLE grants ADD COLUMN recipients TEXT NOT NULL DEFAULT ''`,
      'ALTER TABLE items ADD COLUMN envelope TEXT',
      'ALTER TABLE items ADD COLUMN locked INTEGER NOT NULL DEFAULT 0',
    ],
  ],
]

/** The steps for one engine: one SQL for both, save for the numbered key, which each spells in its own way. */
export function migrationsFor(engine: Engine): Record<string, Migration> {
  return Object.fromEntries(
    STEPS.map(([name, statements]) => [
      name,
      {
        up: async (db) => {
          for (const statement of statements) {
            await sql.raw(statement.replaceAll('SERIAL_KEY', SERIAL[engine])).execute(db)
          }
        },
      },
    ]),
  )
}
