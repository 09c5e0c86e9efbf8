import type { Clock } from '../../agent/base/clock.ts'
import { describeError, LenscapError } from '../../agent/base/errors.ts'
import type { Logger } from '../../agent/base/logger.ts'
import type { Id } from '../../agent/protocol/envelope.ts'
import type { Consent, WhoAndWhose } from '../consent/consent.ts'
import type { Partings } from '../devices/partings.ts'
import { type Held, held } from '../holdings/held.ts'
import { checkpoint } from '../store/open-store.ts'
import type { Db } from '../store/tables.ts'
import type { Items } from '../uploads/items.ts'
import type { Uploads } from '../uploads/uploads.ts'
import { deleteRecords, rowsLeft } from './records.ts'

export interface ErasureDeps {
  readonly db: Db
  readonly clock: Clock
  readonly logger: Logger
  readonly consent: Consent
  readonly uploads: Uploads
  readonly items: Items
  readonly partings: Partings
  /** Ends every connection of the account and of its boxes: pages, exports, MQTT. */
  readonly letGo: (account: Id, agents: readonly Id[]) => void
}

/** What was erased. Only its owner has it: the bridge keeps none. */
export interface Receipt {
  readonly erasedAt: number
  readonly held: Held
  /** Rows found when looking afterwards: none, else there is no receipt. */
  readonly left: 0
}

/** Deletes accounts for good. */
export class Erasure {
  readonly #deps: ErasureDeps

  constructor(deps: ErasureDeps) {
    this.#deps = deps
  }

  /**
   * Deletes the account of a person who has just proved again who they are.
   * @throws LenscapError `storage` when something could not be deleted: it is tried again at the next start
   */
  async erase(who: WhoAndWhose): Promise<Receipt> {
    const { db, clock, logger, consent, letGo } = this.#deps
    const before = await held(db, who.account)
    // The boxes hear it while they are still there, and stop at the source.
    await consent.clear(who).catch((error: unknown) => {
      logger.error({ reason: describeError(error) }, "can't tell the boxes that nothing is allowed any more")
    })
    letGo(who.account, await this.#close(who.account))
    await this.#finish(who.account)
    logger.info({ boxes: before.boxes, cameras: before.cameras }, 'erased an account')
    return { erasedAt: clock.nowMs(), held: before, left: 0 }
  }

  /** Ends the erasures that a crash cut short. Before anybody can connect. */
  async resume(): Promise<void> {
    for (const { account } of await this.#deps.db.selectFrom('erasures').select('account').execute()) {
      await this.#close(account)
      await this.#finish(account)
    }
  }

  /** In one commit nobody gets in any more: neither people nor boxes, and nothing is allowed. Gives its boxes. */
  #close(account: Id): Promise<Id[]> {
    const { db, clock, partings } = this.#deps
    return db.transaction().execute(async (tx) => {
      await tx
        .insertInto('erasures')
        .values({ account, since: clock.nowMs() })
        .onConflict((conflict) => conflict.column('account').doNothing())
        .execute()
      for (const table of ['account_keys', 'media_keys', 'grants', 'consents', 'sessions', 'users'] as const) {
        await tx.deleteFrom(table).where('account', '=', account).execute()
      }
      const agents = await tx.selectFrom('agents').select(['id', 'token_hash']).where('account', '=', account).execute()
      // The boxes wipe themselves when they are seen next.
      await partings.add(tx, agents, clock.nowMs())
      const ids = agents.map(({ id }) => id)
      if (ids.length > 0) await tx.deleteFrom('claims').where('agent', 'in', ids).execute()
      await tx.updateTable('agents').set({ token_hash: null }).where('account', '=', account).execute()
      return ids
    })
  }

  async #finish(account: Id): Promise<void> {
    const { db, uploads, items } = this.#deps
    const agents = await db.selectFrom('agents').select('id').where('account', '=', account).execute()
    // Nothing is allowed any more: every unfinished transfer goes.
    for (const { id } of agents) await uploads.revoke(id)
    await items.removeAll(account)
    await deleteRecords(db, account)
    const left = await rowsLeft(db, account)
    if (left > 0) throw new LenscapError('storage', 'Not everything could be erased: start the bridge anew', { left })
    if (!(await checkpoint(db))) {
      throw new LenscapError('storage', 'Another program reads the records: end it, so that no copy stays in their log')
    }
  }
}
