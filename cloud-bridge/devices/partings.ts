import { createHash } from 'node:crypto'
import { Id } from '../../agent/protocol/envelope.ts'
import { hashToken } from '../accounts/tokens.ts'
import type { Db, Tx } from '../store/tables.ts'

/** A box that is away for longer will ask for a new claim anyhow, when its owner resets it. */
const KEEP_MS = 365 * 24 * 3_600_000

/**
 * Boxes of erased accounts that have not been told to wipe themselves yet. What is kept is one hash a box, made of what
 * only the box knows: it names neither the box nor the account, and nothing can be learned from it.
 */
export class Partings {
  readonly #db: Db

  constructor(db: Db) {
    this.#db = db
  }

  /** In the commit in which the boxes lose their way in. */
  async add(
    tx: Tx,
    boxes: readonly { readonly id: Id; readonly token_hash: string | null }[],
    nowMs: number,
  ): Promise<void> {
    for (const { id, token_hash: hash } of boxes) {
      if (hash === null) continue
      const row = { mark: markOf(id, hash), since: nowMs }
      await tx
        .insertInto('partings')
        .values(row)
        .onConflict((conflict) => conflict.column('mark').doNothing())
        .execute()
    }
  }

  /** The mark of the box with this id and token, if it is to be told; undefined for any other. */
  async find(agent: string, token: string): Promise<string | undefined> {
    if (!Id.safeParse(agent).success || token.length > 256) return undefined
    const mark = markOf(agent, hashToken(token))
    const row = await this.#db.selectFrom('partings').select('mark').where('mark', '=', mark).executeTakeFirst()
    return row?.mark
  }

  /** It has been told, and has answered. */
  async done(mark: string): Promise<void> {
    await this.#db.deleteFrom('partings').where('mark', '=', mark).execute()
  }

  async removeOld(nowMs: number): Promise<void> {
    await this.#db
      .deleteFrom('partings')
      .where('since', '<', nowMs - KEEP_MS)
      .execute()
  }
}

const markOf = (agent: Id, tokenHash: string): string =>
  createHash('sha256').update(`lenscap-parting-v1\n${agent}\n${tokenHash}`).digest('hex')
