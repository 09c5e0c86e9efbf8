import { type Ballast, emptyLog, freeBytesIn } from '../base/ballast.ts'
import type { Clock } from '../base/clock.ts'
import { isFull } from '../base/database.ts'
import type { Logger } from '../base/logger.ts'
import { type Eviction, evictionNotice, evictionStep, evictOldest, type SpoolBounds } from './evict.ts'
import type { SpoolFile } from './file.ts'
import { type CheckedMessage, payloadText } from './message.ts'

interface MessageTableDeps {
  /** The one that is open now: a damaged one is replaced. */
  readonly file: () => SpoolFile
  readonly ballast: Ballast
  readonly bounds: SpoolBounds
  readonly path: string
  readonly clock: Clock
  readonly logger: Logger
}

/** What goes at once on a full disk: more than what is to come, and little enough for the room that was kept. */
const TIGHT_BYTES = 64 * 1024
const TIGHT_ROWS = 100
/** Free pages inside the file that a message or two may need. */
const TIGHT_PAGES_BYTES = 16 * 1024

/** The rows of messages, within their bounds, also on a disk that is full. Each method is one transaction or several small ones. */
export class MessageTable {
  readonly #deps: MessageTableDeps

  constructor(deps: MessageTableDeps) {
    this.#deps = deps
  }

  /**
   * Numbers and keeps messages. On a full disk the oldest ones make room inside the file, so that what was kept for such
   * times does not go into a larger file. @throws what SQLite throws
   */
  insert(messages: readonly CheckedMessage[]): number[] {
    try {
      return this.#insertAll(messages)
    } catch (error) {
      if (!isFull(error)) throw error
      const bytes = 2 * messages.reduce((sum, { body }) => sum + body.length, 0)
      if (freeBytesIn(this.#deps.file().db) < TIGHT_PAGES_BYTES + bytes)
        this.#withRoom(() => this.#change((next) => this.#evict(next, 1, TIGHT_BYTES + bytes)))
      return this.#withRoom(() => this.#insertAll(messages))
    }
  }

  /**
   * Lets go of all up to this number; on a full disk a few at a time, since what SQLite writes to forget them has to fit
   * into the room that was kept. @throws what SQLite throws
   */
  forget(upTo: number): void {
    try {
      this.#forgetAll(upTo)
    } catch (error) {
      if (!isFull(error)) throw error
      const { db } = this.#deps.file()
      const oldest = Number(db.prepare('SELECT coalesce(min(seq), 0) FROM message').pluck().get())
      for (let seq = oldest; seq < upTo + TIGHT_ROWS; seq += TIGHT_ROWS) {
        this.#withRoom(() => this.#forgetAll(Math.min(seq, upTo)))
        emptyLog(db)
      }
    }
  }

  #insertAll(messages: readonly CheckedMessage[]): number[] {
    return this.#change((next) => {
      const made = messages.map((message) => this.#insertOne(next, message))
      this.#keepBounds(next)
      return made
    })
  }

  /** One transaction over messages and facts. */
  #change<T>(step: (next: SpoolFile['facts']) => T): T {
    const { db, statements, facts } = this.#deps.file()
    const next = { ...facts }
    const result = db.transaction(() => {
      const made = step(next)
      statements.of('UPDATE spool SET next = ?, dropped = ?').run(next.next, next.dropped)
      return made
    })()
    Object.assign(facts, next)
    return result
  }

  #forgetAll(upTo: number): void {
    const { db, facts } = this.#deps.file()
    const gone = db.prepare<[number], { messages: number; bytes: number }>(
      'SELECT count(*) AS messages, coalesce(sum(bytes), 0) AS bytes FROM message WHERE seq <= ?',
    )
    const { messages, bytes } = gone.get(upTo) ?? { messages: 0, bytes: 0 }
    if (messages === 0) return
    db.prepare('DELETE FROM message WHERE seq <= ?').run(upTo)
    facts.messages -= messages
    facts.bytes -= bytes
  }

  #withRoom<T>(step: () => T): T {
    const { ballast, file } = this.#deps
    return ballast.withRoom(() => file().db, step)
  }

  #insertOne(facts: SpoolFile['facts'], message: CheckedMessage, eviction?: Eviction): number {
    const seq = facts.next
    const payload = payloadText(message, seq, facts.stream)
    const bytes = Buffer.byteLength(payload)
    this.#deps
      .file()
      .statements.of('INSERT INTO message VALUES (?, ?, ?, ?, ?, ?, ?, ?)')
      .run(
        seq,
        message.name,
        message.id ?? null,
        message.at,
        payload,
        bytes,
        eviction?.lost ?? null,
        eviction?.fromMs ?? null,
      )
    facts.next += 1
    facts.messages += 1
    facts.bytes += bytes
    return seq
  }

  #keepBounds(facts: SpoolFile['facts']): void {
    const { bounds } = this.#deps
    const overRows = facts.messages - bounds.messagesMax
    const overBytes = facts.bytes - bounds.bytesMax
    if (overRows <= 0 && overBytes <= 0) return
    const step = evictionStep(bounds)
    // The notice takes a row itself.
    this.#evict(facts, overRows > 0 ? overRows + step.rows + 1 : 0, overBytes > 0 ? overBytes + step.bytes : 0)
  }

  #evict(facts: SpoolFile['facts'], rowsMin: number, bytesMin: number): void {
    const { file, path, clock, logger } = this.#deps
    const eviction = evictOldest(file().db, rowsMin, bytesMin)
    if (!eviction) return
    facts.messages -= eviction.rows
    facts.bytes -= eviction.bytes
    facts.dropped += eviction.fresh
    this.#insertOne(facts, evictionNotice(eviction, clock.nowMs()), eviction)
    logger.warn({ lost: eviction.lost, path }, 'The queue is full: the oldest messages were let go')
  }
}
