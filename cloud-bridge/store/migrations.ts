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
  ['0004-forgotten-cameras', ['ALTER TABLE cameras ADD COLUMN forgotten_at BIGINT']],
  [
    '0005-ledger',
    [
      `CREATE TABLE ledger_rows (
        id SERIAL_KEY,
        agent TEXT NOT NULL REFERENCES agents (id) ON DELETE CASCADE,
        account TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
        n BIGINT NOT NULL,
        at BIGINT NOT NULL,
        item TEXT NOT NULL,
        camera TEXT NOT NULL,
        kind TEXT NOT NULL,
        grant_serial BIGINT NOT NULL,
        sha256 TEXT NOT NULL,
        bytes BIGINT NOT NULL,
        outcome TEXT NOT NULL,
        prev TEXT NOT NULL,
        hash TEXT NOT NULL,
        told_at BIGINT NOT NULL,
        UNIQUE (agent, n, hash))`,
      'CREATE INDEX ledger_rows_account ON ledger_rows (account, id)',
      'CREATE INDEX ledger_rows_age ON ledger_rows (told_at)',
      `CREATE TABLE receipts (
        id SERIAL_KEY,
        agent TEXT NOT NULL REFERENCES agents (id) ON DELETE CASCADE,
        account TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
        item TEXT NOT NULL,
        camera TEXT NOT NULL,
        kind TEXT NOT NULL,
        grant_serial BIGINT NOT NULL,
        sha256 TEXT NOT NULL,
        bytes BIGINT NOT NULL,
        received_at BIGINT NOT NULL,
        UNIQUE (agent, item))`,
      'CREATE INDEX receipts_account ON receipts (account, id)',
      'CREATE INDEX receipts_age ON receipts (received_at)',
      // What is held was received: books of before they were kept begin with it.
      `INSERT INTO receipts (agent, account, item, camera, kind, grant_serial, sha256, bytes, received_at)
        SELECT agent, account, id, camera, kind, grant_serial, sha256, bytes, received_at FROM items`,
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
