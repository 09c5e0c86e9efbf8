import {
  type Database,
  damaged,
  isCorrupt,
  openSoundDatabase,
  readDatabase,
  setDatabaseAside,
} from '../base/database.ts'
import { newId } from '../base/ids.ts'
import { Statements } from '../base/statements.ts'

const TABLES = `
  CREATE TABLE spool (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    stream TEXT NOT NULL,
    next INTEGER NOT NULL,
    dropped INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE message (
    seq INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    id TEXT,
    at INTEGER NOT NULL,
    payload TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    lost INTEGER,
    lost_from INTEGER
  ) STRICT;
`

/** Facts about the spool's file, kept in memory while it is open. Bytes are those of the payloads. */
interface SpoolFacts {
  stream: string
  /** The number that the next message gets. */
  next: number
  /** Messages let go so far in this stream, because the spool was full. */
  dropped: number
  messages: number
  bytes: number
}

export interface SpoolFile {
  readonly db: Database
  /** What is done again and again. */
  readonly statements: Statements
  readonly facts: SpoolFacts
  /** Where a damaged file was put, if one was found. */
  readonly setAside: string | undefined
}

/**
 * Opens the spool's file. One that SQLite finds damaged is set aside, and a new stream begins: numbers never collide.
 * @throws LenscapError `storage` where even a new file can't be made
 */
export function openSpoolFile(path: string, nowMs: number): SpoolFile {
  try {
    return { ...openSound(path), setAside: undefined }
  } catch (error) {
    if (!isCorrupt(error)) throw error
    return replaceSpoolFile(path, nowMs)
  }
}

/** What waits in a box's spool, for a tool that only looks; undefined where no agent has run yet. */
export function readSpoolDepth(path: string): Pick<SpoolFacts, 'messages' | 'bytes' | 'dropped'> | undefined {
  const db = readDatabase(path, [TABLES])
  if (db === undefined) return undefined
  try {
    const { messages, bytes, dropped } = readFacts(db)
    return { messages, bytes, dropped }
  } finally {
    db.close()
  }
}

/** Sets the file aside, unopened, and begins a new one. */
export function replaceSpoolFile(path: string, nowMs: number): SpoolFile {
  const setAside = setDatabaseAside(path, nowMs)
  return { ...openSound(path), setAside }
}

function openSound(path: string): Omit<SpoolFile, 'setAside'> {
  const db = openSoundDatabase(path, [TABLES])
  try {
    db.prepare('INSERT INTO spool VALUES (1, ?, 1, 0) ON CONFLICT DO NOTHING').run(newId())
    return { db, statements: new Statements(db), facts: readFacts(db) }
  } catch (error) {
    db.close()
    throw error
  }
}

/** @throws an error of SQLite's kind where the rows that must be there are not */
export function readFacts(db: Database): SpoolFacts {
  const head = db.prepare<[], Pick<SpoolFacts, 'stream' | 'next' | 'dropped'>>(
    'SELECT stream, next, dropped FROM spool',
  )
  const sums = db.prepare<[], Pick<SpoolFacts, 'messages' | 'bytes'>>(
    'SELECT count(*) AS messages, coalesce(sum(bytes), 0) AS bytes FROM message',
  )
  const [first, sum] = [head.get(), sums.get()]
  if (!first || !sum) throw damaged()
  return { ...first, ...sum }
}
