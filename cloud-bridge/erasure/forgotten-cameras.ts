import type { Id } from '../../agent/protocol/envelope.ts'
import type { Consent } from '../consent/consent.ts'
import type { OnChange } from '../store/change.ts'
import { checkpoint } from '../store/open-store.ts'
import type { Db } from '../store/tables.ts'
import type { Items } from '../uploads/items.ts'

const ROWS_PER_STEP = 5000

/** The tables that grow with time: emptied in steps, so that no single commit holds up the other accounts. */
const LARGE = ['events', 'logs', 'activity', 'consent_changes'] as const

interface ForgottenDeps {
  readonly db: Db
  readonly items: Items
  readonly consent: Pick<Consent, 'end'>
  readonly onChange: OnChange
}

/** What is left of cameras that their boxes have forgotten. */
export class ForgottenCameras {
  readonly #deps: ForgottenDeps

  constructor(deps: ForgottenDeps) {
    this.#deps = deps
  }

  /**
   * Deletes all that is held of one, for good. What a crash leaves is still a forgotten camera, which can be removed again.
   * The box must have forgotten it: else it would come back with its next word.
   */
  async remove(account: Id, agent: Id, camera: Id): Promise<void> {
    const { db, items, consent, onChange } = this.#deps
    await consent.end(account, agent, camera)
    await items.removeAll(account, { agent, camera })
    for (const table of LARGE) {
      for (;;) {
        const some = db
          .selectFrom(table)
          .select('id')
          .where('account', '=', account)
          .where('agent', '=', agent)
          .where('camera', '=', camera)
          .limit(ROWS_PER_STEP)
        const { numDeletedRows } = await db.deleteFrom(table).where('id', 'in', some).executeTakeFirst()
        if (numDeletedRows < ROWS_PER_STEP) break
      }
    }
    await db.transaction().execute(async (tx) => {
      for (const table of ['consents', 'health', 'cameras'] as const) {
        await tx
          .deleteFrom(table)
          .where('account', '=', account)
          .where('agent', '=', agent)
          .where('camera', '=', camera)
          .execute()
      }
    })
    onChange([
      { account, kind: 'camera-removed', agent, camera },
      { account, kind: 'totals' },
    ])
    await checkpoint(db)
  }
}
