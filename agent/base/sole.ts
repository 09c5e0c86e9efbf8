import Database from 'better-sqlite3'
import { LenscapError } from './errors.ts'

/**
 * Takes a folder for this process alone, as long as it lives: two programs on the same state would undo each other's work.
 * The lock is the system's own on a small file, so that it ends with the process, however that ends.
 * @param path the file to lock; it stays, and holds nothing
 * @throws LenscapError `busy` while another process holds it, `storage` where the file can't be made
 */
export function holdAlone(path: string, advice: string): Disposable {
  const db = openLock(path)
  try {
    db.pragma('busy_timeout = 0')
    db.exec('BEGIN EXCLUSIVE')
    return { [Symbol.dispose]: () => void db.close() }
  } catch (cause) {
    db.close()
    if (cause instanceof Error && 'code' in cause && String(cause.code).startsWith('SQLITE_BUSY')) {
      throw new LenscapError('busy', advice, { path })
    }
    throw new LenscapError('storage', `Can't lock ${path}: check that its folder is writable`, { path }, cause)
  }
}

function openLock(path: string): Database.Database {
  try {
    return new Database(path)
  } catch (cause) {
    throw new LenscapError('storage', `Can't lock ${path}: check that its folder is writable`, { path }, cause)
  }
}
