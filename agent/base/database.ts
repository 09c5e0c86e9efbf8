import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import Database from 'better-sqlite3'
import { LenscapError } from './errors.ts'

export type { Database } from 'better-sqlite3'

/**
 * Opens one of the box's own databases. A committed row survives a power cut (WAL with synchronous=FULL), a deleted one
 * leaves no copy in the file (secure_delete).
 * @param migrations SQL steps; `user_version` counts those already taken. Append only: fielded boxes have the old ones.
 * @throws LenscapError `storage` when the file can't be opened, is damaged, or was written by a newer release
 */
export function openDatabase(path: string, migrations: readonly string[]): Database.Database {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const db = openFile(path)
  try {
    useLog(db)
    db.pragma('synchronous = FULL')
    db.pragma('secure_delete = ON')
    db.pragma('foreign_keys = ON')
    db.pragma('busy_timeout = 2000')
    migrate(db, path, migrations)
    return db
  } catch (error) {
    db.close()
    if (!isCorrupt(error)) throw error
    const advice =
      'move it away, with the files beside it whose names begin alike, and start again without what it held'
    throw new LenscapError('storage', `${path} is damaged: ${advice}`, { path }, error)
  }
}

/**
 * The same, and a look at every page. A file that SQLite finds damaged is set aside, unopened, and a new one is begun.
 * @returns where the damaged one was put, if there was one
 * @throws LenscapError `storage` where even a new file can't be made
 */
export function openOrReplaceDatabase(
  path: string,
  migrations: readonly string[],
  nowMs: number,
): { readonly db: Database.Database; readonly setAside: string | undefined } {
  try {
    return { db: openSoundDatabase(path, migrations), setAside: undefined }
  } catch (error) {
    if (!isCorrupt(error)) throw error
    const setAside = setDatabaseAside(path, nowMs)
    return { db: openSoundDatabase(path, migrations), setAside }
  }
}

/** @throws LenscapError `storage`, or an error that `isCorrupt` knows where a page is damaged */
export function openSoundDatabase(path: string, migrations: readonly string[]): Database.Database {
  const db = openDatabase(path, migrations)
  try {
    if (db.pragma('quick_check(1)', { simple: true }) !== 'ok') throw damaged()
    return db
  } catch (error) {
    db.close()
    throw error
  }
}

/** Moves a damaged file away. The one that was moved before goes: a bad disk must not fill itself. */
export function setDatabaseAside(path: string, nowMs: number): string {
  const [folder, mark] = [dirname(path), `${basename(path)}.corrupt-`]
  for (const name of readdirSync(folder)) if (name.startsWith(mark)) rmSync(join(folder, name), { force: true })
  const setAside = join(folder, `${mark}${nowMs}`)
  renameSync(path, setAside)
  // A log of the damaged file must not be replayed into the new one.
  for (const suffix of ['-wal', '-shm']) rmSync(path + suffix, { force: true })
  return setAside
}

/** Whether a page of this file is damaged, for a tool that only looks. A file that is not there, or closed to us, is not. */
export function isDatabaseDamaged(path: string): boolean {
  if (!existsSync(path)) return false
  let db: Database.Database | undefined
  try {
    db = openFile(path, { readonly: true, fileMustExist: true })
    return db.pragma('quick_check(1)', { simple: true }) !== 'ok'
  } catch (error) {
    return isCorrupt(error)
  } finally {
    db?.close()
  }
}

/** Whether SQLite says that the file itself is damaged (and not merely full, locked or read-only). */
export function isCorrupt(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const code = 'code' in error ? String(error.code) : ''
  return /^SQLITE_(CORRUPT|NOTADB)/.test(code) || isCorrupt(error.cause)
}

/** What `isCorrupt` knows, where rows say so and not SQLite. */
export const damaged = (): Error => Object.assign(new Error('The file is damaged'), { code: 'SQLITE_CORRUPT' })

/**
 * The same file for a tool that only looks, beside a running agent or without one: nothing is made, changed or mended.
 * Undefined where there is no such file yet. @throws LenscapError `storage` where it can't be read
 */
export function readDatabase(path: string, migrations: readonly string[]): Database.Database | undefined {
  if (!existsSync(path)) return undefined
  const db = openFile(path, { readonly: true, fileMustExist: true })
  try {
    const done = Number(db.pragma('user_version', { simple: true }))
    if (done === migrations.length) return db
    throw new LenscapError('storage', `${path} is of another release: start the agent of this release once`, { path })
  } catch (error) {
    db.close()
    if (error instanceof LenscapError) throw error
    throw new LenscapError('storage', `Can't read ${path}: check its permissions, or whether it is damaged`, {}, error)
  }
}

/**
 * Takes a folder for this process alone: two programs on the same state would undo each other's work. The lock ends with
 * the process, however it ends; the file stays, and holds nothing.
 * @param advice what to do where another process holds it
 * @throws LenscapError `busy` with that advice, `storage` where the file can't be made
 */
export function holdLock(path: string, advice: string): Disposable {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const db = openFile(path, { timeout: 0 })
  try {
    db.exec('BEGIN EXCLUSIVE')
  } catch (cause) {
    db.close()
    const isHeld = cause instanceof Error && 'code' in cause && cause.code === 'SQLITE_BUSY'
    if (isHeld) throw new LenscapError('busy', advice, { path })
    throw new LenscapError('storage', `Can't lock ${path}: check that its folder is writable`, { path }, cause)
  }
  return { [Symbol.dispose]: () => db.close() }
}

/** Whether a write failed for want of room. SQLite says so in several ways, by what it was about to write. */
export function isFull(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const code = 'code' in error ? String(error.code) : ''
  return /^(SQLITE_FULL|SQLITE_IOERR_(WRITE|SHMSIZE|SHMMAP|SHMOPEN)|ENOSPC|EDQUOT)/.test(code) || isFull(error.cause)
}

/**
 * Write-ahead logging. On a full disk there is no room for the memory that readers would share: alone with the file,
 * SQLite keeps it to itself (sqlite.org/wal.html, "Use of WAL Without Shared-Memory"), and the box at least starts.
 */
function useLog(db: Database.Database): void {
  try {
    db.pragma('journal_mode = WAL')
  } catch (error) {
    if (!isFull(error)) throw error
    db.pragma('locking_mode = EXCLUSIVE')
    db.pragma('journal_mode = WAL')
  }
}

function openFile(path: string, options: Database.Options = {}): Database.Database {
  try {
    return new Database(path, options)
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
