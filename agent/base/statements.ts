import type BetterSqlite from 'better-sqlite3'
import type { Database } from './database.ts'

type Statement = BetterSqlite.Statement<unknown[]>

/** A database's statements, each prepared when it is first wanted and kept: preparing takes longer than most of them do. */
export class Statements {
  readonly #db: Database
  readonly #prepared = new Map<string, Statement>()

  constructor(db: Database) {
    this.#db = db
  }

  /** @param sql one of the texts in the program, never one made of values: all of them stay */
  of(sql: string): Statement {
    const known = this.#prepared.get(sql)
    if (known) return known
    const made = this.#db.prepare(sql)
    this.#prepared.set(sql, made)
    return made
  }
}
