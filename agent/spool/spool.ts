import { Ballast } from '../base/ballast.ts'
import type { Clock } from '../base/clock.ts'
import { isCorrupt } from '../base/database.ts'
import { errorKind, LenscapError } from '../base/errors.ts'
import type { Logger } from '../base/logger.ts'
import type { Id } from '../protocol/envelope.ts'
import type { NumberedName } from '../protocol/topics.ts'
import { damageNotice, tooLargeNotice, unkeptNotice } from './evict.ts'
import { openSpoolFile, readFacts, replaceSpoolFile, type SpoolFile } from './file.ts'
import { type CheckedMessage, checkMessage, payloadText, type SpoolMessage } from './message.ts'
import { renewStream } from './renew.ts'
import { MessageTable } from './table.ts'

/** A message on disk, with its number and the JSON text that travels. */
export interface StoredMessage {
  readonly seq: number
  readonly name: NumberedName
  readonly id: Id | undefined
  readonly payload: string
}

/** What waits for the bridge's acknowledgement. */
export interface SpoolDepth {
  readonly messages: number
  readonly bytes: number
  /** Messages let go in this stream because the spool was full. */
  readonly dropped: number
}

export interface SpoolOptions {
  readonly path: string
  readonly clock: Clock
  readonly logger: Logger
  /** Bytes of payload kept at most; 64 MB by default. */
  readonly bytesMax?: number
  /** Messages kept at most; 250,000 by default. */
  readonly messagesMax?: number
}

interface Waiting {
  readonly message: CheckedMessage
  readonly resolve: (seq: number) => void
  readonly reject: (error: unknown) => void
}

/** Nobody waits for a notice. */
const NOBODY = { resolve: () => {}, reject: () => {} }

interface MessageRow {
  readonly seq: number
  readonly name: NumberedName
  readonly id: Id | null
  readonly payload: string
}

/** The box's durable queue: what was accepted is on disk, numbered, in order, until the bridge has acknowledged it. */
export class Spool implements Disposable {
  readonly #path: string
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #listeners = new Set<() => void>()
  readonly #ballast: Ballast
  readonly #table: MessageTable
  #file: SpoolFile
  #waiting: Waiting[] = []
  #closed = false

  /** @throws LenscapError `storage` where the file can't be made or read; a damaged file is set aside instead */
  constructor(options: SpoolOptions) {
    this.#path = options.path
    this.#clock = options.clock
    this.#logger = options.logger
    this.#ballast = new Ballast(`${options.path}.ballast`)
    this.#file = this.#ballast.withRoom(
      () => undefined,
      () => openSpoolFile(options.path, options.clock.nowMs()),
    )
    this.#ballast.hold()
    const { path, clock, logger, bytesMax = 64 * 1024 * 1024, messagesMax = 250_000 } = options
    const bounds = { bytesMax, messagesMax }
    this.#table = new MessageTable({ file: () => this.#file, ballast: this.#ballast, bounds, path, clock, logger })
    if (this.#file.setAside) this.#tellDamage(this.#file.setAside)
  }

  /** Names this life of the queue; numbers count within it. */
  get stream(): Id {
    return this.#file.facts.stream
  }

  /** The number of the newest message on disk, 0 before the first. */
  get newest(): number {
    return this.#file.facts.next - 1
  }

  depth(): SpoolDepth {
    const { messages, bytes, dropped } = this.#file.facts
    return { messages, bytes, dropped }
  }

  /**
   * Resolves with the message's number when it is on disk. Appends of one turn of the event loop share one commit.
   * @throws LenscapError `invalid` for a payload that the contract refuses, `limit` for a too large one, in whose place
   * the stream says that there was one, `storage` when the disk does not take it
   */
  append(message: SpoolMessage): Promise<number> {
    return new Promise((resolve, reject) => {
      if (this.#closed) throw new LenscapError('cancelled', 'The queue is closed: the agent is stopping')
      this.#wait({ message: this.#checked(message), resolve, reject })
    })
  }

  #checked(message: SpoolMessage): CheckedMessage {
    const nowMs = this.#clock.nowMs()
    try {
      return checkMessage(message, nowMs)
    } catch (error) {
      // Who waits for it on the other side must not wait for ever.
      if (errorKind(error) === 'limit') this.#wait({ message: unkeptNotice(message, nowMs), ...NOBODY })
      throw error
    }
  }

  #wait(entry: Waiting): void {
    this.#waiting.push(entry)
    if (this.#waiting.length === 1) setImmediate(() => this.#commit())
  }

  /** Up to `limit` messages above this number, in order. */
  read(after: number, limit: number): StoredMessage[] {
    const rows = this.#surviving(() =>
      this.#file.statements
        .of('SELECT seq, name, id, payload FROM message WHERE seq > ? ORDER BY seq LIMIT ?')
        .all(after, limit),
    ) as MessageRow[] | undefined
    return (rows ?? []).map((row) => ({ ...row, id: row.id ?? undefined }))
  }

  /** The lowest number still held, or undefined when nothing waits. */
  oldest(): number | undefined {
    const row = this.#surviving(() => this.#file.statements.of('SELECT min(seq) AS seq FROM message').get())
    return (row as { seq: number | null } | undefined)?.seq ?? undefined
  }

  /** Lets go of all up to this number: the bridge has committed them. Another stream's acknowledgement does nothing. */
  trim(stream: Id, upTo: number): void {
    if (stream !== this.stream) return
    this.#surviving(() => this.#table.forget(upTo))
    this.#ballast.hold()
  }

  /**
   * Puts a notice in the place of a message that a broker never takes: the number stays, so that nothing behind it waits.
   * @returns what travels instead; undefined where it is not held any more
   */
  setAside(seq: number): StoredMessage | undefined {
    return this.#surviving(() => {
      const { db, facts } = this.#file
      const [former] = this.read(seq - 1, 1)
      if (former?.seq !== seq) return undefined
      const formerBytes = Buffer.byteLength(former.payload)
      const notice = tooLargeNotice(former, formerBytes, this.#clock.nowMs())
      const payload = payloadText(notice, seq, facts.stream)
      const bytes = Buffer.byteLength(payload)
      db.transaction(() => {
        const update = 'UPDATE message SET name = ?, id = NULL, payload = ?, bytes = ? WHERE seq = ?'
        db.prepare(update).run(notice.name, payload, bytes, seq)
        db.prepare('UPDATE spool SET dropped = dropped + 1').run()
      })()
      facts.bytes += bytes - formerBytes
      facts.dropped += 1
      this.#logger.error({ name: former.name, id: former.id, bytes: formerBytes }, 'The broker takes no such message')
      return { seq, name: notice.name, id: undefined, payload }
    })
  }

  /**
   * Begins a new stream and numbers what waits anew from 1. For a box whose disk lost messages that had already been
   * sent: their numbers must not be given out again, or the bridge would take the new ones for the old.
   */
  renew(): void {
    this.#surviving(() => {
      const { db, facts } = this.#file
      const former = facts.stream
      const stream = renewStream(db)
      Object.assign(facts, readFacts(db))
      this.#logger.error({ former, stream }, 'The disk has lost messages that were sent: a new stream begins')
    })
  }

  /** Calls back after each commit. Returns how to stop. */
  onAppended(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  [Symbol.dispose](): void {
    if (this.#closed) return
    this.#commit()
    this.#closed = true
    this.#file.db.close()
  }

  #commit(): void {
    const batch = this.#waiting
    if (batch.length === 0 || this.#closed) return
    this.#waiting = []
    try {
      const numbers = this.#writeOnce(batch) ?? this.#writeOnce(batch)
      if (!numbers) throw new LenscapError('storage', `${this.#path} is damaged again and again: check the disk`)
      batch.forEach((entry, index) => {
        entry.resolve(numbers[index] ?? 0)
      })
      for (const listener of this.#listeners) listener()
    } catch (cause) {
      const error = new LenscapError(
        'storage',
        "The queue can't be written: check the disk",
        { path: this.#path },
        cause,
      )
      for (const entry of batch) entry.reject(error)
    }
  }

  /** One transaction; undefined where the file turned out damaged and was replaced. */
  #writeOnce(batch: readonly Waiting[]): number[] | undefined {
    return this.#surviving(() => this.#table.insert(batch.map(({ message }) => message)))
  }

  /** Runs a step on the file; where SQLite says it is damaged, sets it aside and returns undefined. */
  #surviving<T>(step: () => T): T | undefined {
    try {
      return step()
    } catch (error) {
      if (!isCorrupt(error)) throw error
      this.#file.db.close()
      this.#file = replaceSpoolFile(this.#path, this.#clock.nowMs())
      this.#tellDamage(this.#file.setAside)
      return undefined
    }
  }

  #tellDamage(setAside: string | undefined): void {
    this.#logger.error({ path: this.#path, setAside }, 'The queue was damaged and set aside: a new stream begins')
    this.#table.insert([damageNotice(this.#clock.nowMs())])
  }
}
