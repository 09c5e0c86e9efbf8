import { sql } from 'kysely'
import type { Id } from '../../agent/protocol/envelope.ts'
import type { Db } from './tables.ts'

/** What the console shows, always of one account: whoever asks for another's gets nothing. */

export const agentRows = (db: Db, account: Id, agent?: Id) =>
  db
    .selectFrom('agents')
    .selectAll()
    .where('account', '=', account)
    .$if(agent !== undefined, (query) => query.where('id', '=', agent ?? ''))
    .orderBy('claimed_at')
    .limit(1000)
    .execute()

const OF_CAMERA = ['cameras.agent', 'cameras.camera', 'cameras.facts', 'cameras.forgotten_at'] as const

/** A camera with everything that its tile shows, save for its last event and its picture. */
export const cameraRows = (db: Db, account: Id, only?: { readonly agent?: Id; readonly camera: Id }) =>
  db
    .selectFrom('cameras')
    .leftJoin('health', (join) =>
      join.onRef('health.agent', '=', 'cameras.agent').onRef('health.camera', '=', 'cameras.camera'),
    )
    .leftJoin('consents', (join) =>
      join.onRef('consents.agent', '=', 'cameras.agent').onRef('consents.camera', '=', 'cameras.camera'),
    )
    .leftJoin('users', 'users.id', 'consents.changed_by')
    .select(OF_CAMERA)
    .select(['health.facts as health', 'consents.kinds', 'consents.changed_at', 'users.name as changed_by'])
    .select((eb) => [
      eb
        .selectFrom('items')
        .select((items) => items.fn.countAll<number>().as('count'))
        .whereRef('items.agent', '=', 'cameras.agent')
        .whereRef('items.camera', '=', 'cameras.camera')
        .as('items'),
      eb
        .selectFrom('items')
        .select((items) => items.fn.coalesce(items.fn.sum<number>('items.bytes'), sql<number>`0`).as('sum'))
        .whereRef('items.agent', '=', 'cameras.agent')
        .whereRef('items.camera', '=', 'cameras.camera')
        .as('bytes'),
      eb
        .selectFrom('events')
        .select('events.id')
        .whereRef('events.agent', '=', 'cameras.agent')
        .whereRef('events.camera', '=', 'cameras.camera')
        .orderBy('events.at', 'desc')
        .orderBy('events.id', 'desc')
        .limit(1)
        .as('last_event'),
    ])
    .select((eb) =>
      eb
        .selectFrom('items')
        .select('items.id')
        .whereRef('items.agent', '=', 'cameras.agent')
        .whereRef('items.camera', '=', 'cameras.camera')
        .where('items.kind', '=', 'snapshot')
        .orderBy('items.taken_at', 'desc')
        .limit(1)
        .as('picture'),
    )
    .where('cameras.account', '=', account)
    .$if(only !== undefined, (query) => query.where('cameras.camera', '=', only?.camera ?? ''))
    .$if(only?.agent !== undefined, (query) => query.where('cameras.agent', '=', only?.agent ?? ''))
    .orderBy('cameras.agent')
    .orderBy('cameras.camera')
    .limit(2000)
    .execute()

export const eventRowsById = (db: Db, account: Id, ids: readonly number[]) =>
  ids.length === 0
    ? Promise.resolve([])
    : db.selectFrom('events').selectAll().where('account', '=', account).where('id', 'in', ids).execute()

export const itemRowsById = (db: Db, account: Id, ids: readonly Id[]) =>
  ids.length === 0
    ? Promise.resolve([])
    : db.selectFrom('items').selectAll().where('account', '=', account).where('id', 'in', ids).execute()

export const activityRowsById = (db: Db, account: Id, ids: readonly number[]) =>
  ids.length === 0
    ? Promise.resolve([])
    : db.selectFrom('activity').selectAll().where('account', '=', account).where('id', 'in', ids).execute()

export const newestActivity = (db: Db, account: Id, limit: number) =>
  db
    .selectFrom('activity')
    .selectAll()
    .where('account', '=', account)
    .orderBy('at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit)
    .execute()

export interface Page {
  /** UTC milliseconds: only what is older. */
  readonly before: number
  readonly limit: number
}

export const newestEvents = (db: Db, account: Id, { before, limit }: Page, camera?: Id) =>
  db
    .selectFrom('events')
    .selectAll()
    .where('account', '=', account)
    .where('at', '<', before)
    .$if(camera !== undefined, (query) => query.where('camera', '=', camera ?? ''))
    .orderBy('at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit)
    .execute()

/** A camera's own log. By agent as well: there is an index for that. */
export const newestLogs = (
  db: Db,
  account: Id,
  { agent, camera }: { agent: Id; camera: Id },
  { before, limit }: Page,
) =>
  db
    .selectFrom('logs')
    .selectAll()
    .where('account', '=', account)
    .where('agent', '=', agent)
    .where('camera', '=', camera)
    .where('at', '<', before)
    .orderBy('at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit)
    .execute()

export const newestItems = (db: Db, account: Id, camera: Id, { before, limit }: Page) =>
  db
    .selectFrom('items')
    .selectAll()
    .where('account', '=', account)
    .where('camera', '=', camera)
    .where('taken_at', '<', before)
    .orderBy('taken_at', 'desc')
    .limit(limit)
    .execute()

/** Of one account, or of all for the operator's own count. */
export async function totals(
  db: Db,
  account?: Id,
): Promise<{ messages: number; mediaItems: number; mediaBytes: number }> {
  const media = await db
    .selectFrom('items')
    .select((eb) => [eb.fn.countAll<number>().as('items'), eb.fn.sum<number | null>('bytes').as('bytes')])
    .$if(account !== undefined, (query) => query.where('account', '=', account ?? ''))
    .executeTakeFirstOrThrow()
  const sent = await db
    .selectFrom('agents')
    .select((eb) => eb.fn.sum<number | null>('messages').as('messages'))
    .$if(account !== undefined, (query) => query.where('account', '=', account ?? ''))
    .executeTakeFirstOrThrow()
  return { messages: sent.messages ?? 0, mediaItems: media.items, mediaBytes: media.bytes ?? 0 }
}
