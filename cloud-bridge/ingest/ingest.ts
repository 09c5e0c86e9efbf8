import type { Clock } from '../../agent/base/clock.ts'
import { describeError, errorKind, LenscapError } from '../../agent/base/errors.ts'
import type { Logger } from '../../agent/base/logger.ts'
import type { Ack } from '../../agent/protocol/bridge.ts'
import type { Id } from '../../agent/protocol/envelope.ts'
import type { OnChange } from '../store/change.ts'
import type { Db } from '../store/tables.ts'
import { AckSender, ackOf } from './ack-sender.ts'
import { type Incoming, type Message, parseMessage } from './parse.ts'
import { Records } from './records.ts'
import { newestStreams, Streams } from './streams.ts'

// All connections together; a box whose messages do not fit keeps them and sends them again.
const PENDING_BYTES_MAX = 64 * 1024 * 1024
const BATCH_MAX = 2000

export interface IngestDeps {
  readonly db: Db
  readonly clock: Clock
  readonly logger: Logger
  readonly onChange: OnChange
  /** Brings an acknowledgement to its agent, if it is there. */
  readonly sendAck: (agent: Id, ack: Ack) => void
}

type Entry = {
  readonly what: { readonly message: Message } | { readonly offline: { readonly agent: Id; readonly account: Id } }
  readonly bytes: number
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/**
 * Takes messages and commits them in groups: while one commit runs, the next batch gathers. Who called `accept` is told
 * after the commit, and so is the agent, by its own cumulative acknowledgement.
 */
export class Ingest implements AsyncDisposable {
  readonly #deps: IngestDeps
  readonly #acks: AckSender
  #pending: Entry[] = []
  #pendingBytes = 0
  #running: Promise<void> | undefined
  #closed = false
  readonly #counters = { committed: 0, duplicates: 0, rejected: 0, junk: 0 }

  constructor(deps: IngestDeps) {
    this.#deps = deps
    this.#acks = new AckSender(deps.clock, deps.sendAck)
  }

  /** Since the start. `junk` could not even be numbered; `rejected` was numbered but made no sense. */
  get counters(): Readonly<{ committed: number; duplicates: number; rejected: number; junk: number }> {
    return this.#counters
  }

  /**
   * Resolves once the message is committed, or is known, or is junk: in each of these sending it again is useless.
   * @throws LenscapError `busy` or `storage` when it was not taken: the sender keeps it and tries again
   */
  async accept(incoming: Incoming): Promise<void> {
    const message = parseMessage(incoming)
    if (!message) {
      this.#counters.junk += 1
      this.#deps.logger.warn({ agent: incoming.agent, message: incoming.name }, 'dropped a message that makes no sense')
      return
    }
    if (message.body === undefined) {
      this.#deps.logger.warn({ agent: incoming.agent, message: incoming.name }, 'rejected a message that does not fit')
    }
    await this.#enqueue({ message }, incoming.payload.length)
  }

  /** A box's connection ended: in turn with what it sent before. */
  async offline(agent: Id, account: Id): Promise<void> {
    await this.#enqueue({ offline: { agent, account } }, 0)
  }

  /** Tells an agent that has just connected what is committed. */
  async sendAcks(agent: Id): Promise<void> {
    const { db, clock, sendAck } = this.#deps
    for (const { stream, numbers } of await newestStreams(db, agent)) {
      sendAck(agent, ackOf(stream, numbers, clock.nowMs()))
    }
  }

  /** Commits what is here, then takes nothing more. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true
    while (this.#running !== undefined) await this.#running
    this.#acks[Symbol.dispose]()
  }

  #enqueue(what: Entry['what'], bytes: number): Promise<void> {
    if (this.#closed) return Promise.reject(new LenscapError('busy', 'The bridge is stopping'))
    if (this.#pendingBytes + bytes > PENDING_BYTES_MAX) {
      return Promise.reject(new LenscapError('busy', 'More messages wait than memory is set aside for'))
    }
    this.#pendingBytes += bytes
    return new Promise((resolve, reject) => {
      this.#pending.push({ what, bytes, resolve, reject })
      this.#running ??= this.#run()
    })
  }

  async #run(): Promise<void> {
    // Whatever came in this turn of the event loop goes together.
    await new Promise((resolve) => setImmediate(resolve))
    while (this.#pending.length > 0) {
      const batch = this.#pending.splice(0, BATCH_MAX)
      this.#pendingBytes -= batch.reduce((sum, entry) => sum + entry.bytes, 0)
      await this.#settle(batch)
    }
    this.#running = undefined
  }

  async #settle(batch: readonly Entry[]): Promise<void> {
    try {
      await this.#commit(batch)
    } catch (error) {
      this.#deps.logger.error({ messages: batch.length, reason: describeError(error) }, "can't commit")
      // One by one, so that a single message can't hold up all the others; but a full or broken disk refuses them all.
      if (batch.length > 1 && errorKind(error) !== 'storage') {
        for (const entry of batch) await this.#settle([entry])
      } else {
        for (const entry of batch) entry.reject(new LenscapError('storage', "Can't commit the message", {}, error))
      }
      return
    }
    for (const entry of batch) entry.resolve()
  }

  async #commit(batch: readonly Entry[]): Promise<void> {
    const { db, clock } = this.#deps
    const counts = { committed: 0, duplicates: 0, rejected: 0 }
    const { streams, records } = await db.transaction().execute(async (tx) => {
      const agents = Array.from(
        new Set(batch.map(({ what }) => ('message' in what ? what.message : what.offline).agent)),
      )
      const known = await tx.selectFrom('agents').select('id').where('id', 'in', agents).execute()
      const ids = new Set(known.map((row) => row.id))
      const streams = await Streams.read(tx, agents)
      const records = new Records(clock.nowMs())
      for (const { what } of batch) {
        // A box that was removed meanwhile: nobody's messages.
        if (!ids.has(('message' in what ? what.message : what.offline).agent)) continue
        if ('offline' in what) records.addOffline(what.offline.agent, what.offline.account)
        else counts[takeMessage(what.message, streams, records)] += 1
      }
      await records.write(tx)
      await streams.write(tx, clock.nowMs())
      return { streams, records }
    })
    this.#counters.committed += counts.committed
    this.#counters.duplicates += counts.duplicates
    this.#counters.rejected += counts.rejected
    this.#tell(streams, records)
  }

  /** What is committed is committed: that somebody could not be told must not make it count as failed. */
  #tell(streams: Streams, records: Records): void {
    try {
      for (const { agent, stream, numbers } of streams.touched()) this.#acks.committed(agent, stream, numbers)
      this.#deps.onChange(records.changes)
    } catch (error) {
      this.#deps.logger.error({ reason: describeError(error) }, "can't tell what was committed")
    }
  }
}

function takeMessage(message: Message, streams: Streams, records: Records): 'committed' | 'duplicates' | 'rejected' {
  const rejected = message.body === undefined
  if (message.number && !streams.take(message.agent, message.number, rejected)) return 'duplicates'
  records.add(message)
  return rejected ? 'rejected' : 'committed'
}
