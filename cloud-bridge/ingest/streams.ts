import { z } from 'zod'
import type { Id } from '../../agent/protocol/envelope.ts'
import type { Db, Tx } from '../store/tables.ts'
import { addNumber, isCommitted, NO_NUMBERS, type Numbers } from './numbers.ts'
import type { MessageNumber } from './parse.ts'

// A box starts a new stream only when it lost its spool; the state of the oldest is let go.
const STREAMS_MAX = 32

const Ranges = z.array(z.tuple([z.number(), z.number()]))

interface StreamState {
  readonly agent: Id
  readonly stream: Id
  numbers: Numbers
  rejected: number
}

/** What is committed of the streams that one batch touches, read and written within its transaction. */
export class Streams {
  readonly #states = new Map<string, StreamState>()
  readonly #touched = new Set<StreamState>()

  static async read(tx: Tx, agents: readonly Id[]): Promise<Streams> {
    const streams = new Streams()
    const rows = await tx.selectFrom('streams').selectAll().where('agent', 'in', agents).execute()
    for (const row of rows) {
      const numbers = { upTo: row.up_to, ahead: Ranges.parse(JSON.parse(row.ahead)) }
      streams.#states.set(key(row.agent, row.stream), { ...row, numbers })
    }
    return streams
  }

  /** Takes a number: true if it is new. Whether or not, its stream will be acknowledged. */
  take(agent: Id, number: MessageNumber, rejected: boolean): boolean {
    const state = this.#state(agent, number.stream)
    this.#touched.add(state)
    if (isCommitted(state.numbers, number.seq)) return false
    state.numbers = addNumber(state.numbers, number.seq)
    if (rejected) state.rejected += 1
    return true
  }

  async write(tx: Tx, nowMs: number): Promise<void> {
    for (const { agent, stream, numbers, rejected } of this.#touched) {
      const values = { up_to: numbers.upTo, ahead: JSON.stringify(numbers.ahead), rejected, updated_at: nowMs }
      await tx
        .insertInto('streams')
        .values({ agent, stream, ...values })
        .onConflict((conflict) => conflict.columns(['agent', 'stream']).doUpdateSet(values))
        .execute()
    }
    for (const agent of new Set(Array.from(this.#touched, (state) => state.agent))) await this.#forgetOldest(tx, agent)
  }

  *touched(): Generator<Readonly<StreamState>> {
    yield* this.#touched
  }

  async #forgetOldest(tx: Tx, agent: Id): Promise<void> {
    const count = Array.from(this.#states.values()).filter((state) => state.agent === agent).length
    if (count <= STREAMS_MAX) return
    const oldest = tx
      .selectFrom('streams')
      .select('stream')
      .where('agent', '=', agent)
      .orderBy('updated_at', 'desc')
      .offset(STREAMS_MAX)
      .limit(1000)
    await tx.deleteFrom('streams').where('agent', '=', agent).where('stream', 'in', oldest).execute()
  }

  #state(agent: Id, stream: Id): StreamState {
    const known = this.#states.get(key(agent, stream))
    if (known) return known
    const made = { agent, stream, numbers: NO_NUMBERS, rejected: 0 }
    this.#states.set(key(agent, stream), made)
    return made
  }
}

const key = (agent: Id, stream: Id): string => `${agent}/${stream}`

/** What is committed of an agent's newest streams, for a box that has just connected. */
export async function newestStreams(db: Db, agent: Id): Promise<{ stream: Id; numbers: Numbers }[]> {
  const rows = await db
    .selectFrom('streams')
    .select(['stream', 'up_to', 'ahead'])
    .where('agent', '=', agent)
    .orderBy('updated_at', 'desc')
    .limit(4)
    .execute()
  return rows
    .reverse()
    .map((row) => ({ stream: row.stream, numbers: { upTo: row.up_to, ahead: Ranges.parse(JSON.parse(row.ahead)) } }))
}
