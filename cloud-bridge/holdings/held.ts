import type { Id } from '../../agent/protocol/envelope.ts'
import type { Db } from '../store/tables.ts'

/** What is held about an account. */
export interface Held {
  readonly account: { readonly name: string; readonly email: string; readonly createdAt: number }
  readonly boxes: number
  readonly cameras: number
  readonly events: number
  readonly logs: number
  readonly activity: number
  readonly consentChanges: number
  readonly sessions: number
  readonly media: readonly { readonly kind: string; readonly items: number; readonly bytes: number }[]
}

/** Counts everything that is held about an account. */
export async function held(db: Db, account: Id): Promise<Held> {
  const { name, email, created_at } = await db
    .selectFrom('accounts')
    .select(['name', 'email', 'created_at'])
    .where('id', '=', account)
    .executeTakeFirstOrThrow()
  const count = async (table: 'agents' | 'cameras' | 'events' | 'activity' | 'consent_changes' | 'sessions') => {
    const query = db.selectFrom(table).select((eb) => eb.fn.countAll<number>().as('rows'))
    return (await query.where('account', '=', account).executeTakeFirstOrThrow()).rows
  }
  const agents = db.selectFrom('agents').select('id').where('account', '=', account)
  // By agent: there is an index for that.
  const logs = await db
    .selectFrom('logs')
    .select((eb) => eb.fn.countAll<number>().as('rows'))
    .where('agent', 'in', agents)
    .executeTakeFirstOrThrow()
  const media = await db
    .selectFrom('items')
    .select((eb) => ['kind', eb.fn.countAll<number>().as('items'), eb.fn.sum<number>('bytes').as('bytes')])
    .where('account', '=', account)
    .groupBy('kind')
    .orderBy('kind')
    .execute()
  return {
    account: { name, email, createdAt: created_at },
    boxes: await count('agents'),
    cameras: await count('cameras'),
    events: await count('events'),
    logs: logs.rows,
    activity: await count('activity'),
    consentChanges: await count('consent_changes'),
    sessions: await count('sessions'),
    media,
  }
}
