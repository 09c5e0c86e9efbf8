import type { Id } from '../../agent/protocol/envelope.ts'
import type { Db } from '../store/tables.ts'

/** Rows of one query: what an export holds in memory at a time. */
const PAGE_ROWS = 1000

/** A JSON document of the archive. */
export interface Document {
  readonly name: string
  readonly value: unknown
}

const json = (text: string | null): unknown => (text === null ? null : JSON.parse(text))

/** All that the records hold about an account, as documents; no secret is in them. */
export async function* documentsOf(db: Db, account: Id): AsyncGenerator<Document> {
  yield { name: 'account.json', value: await accountOf(db, account) }
  yield { name: 'boxes.json', value: await boxesOf(db, account) }
  yield { name: 'cameras.json', value: await camerasOf(db, account) }
  yield* pages('consent-history', 'kinds', (after) => consentChanges(db, account, after).execute())
  yield* pages('media-left', undefined, (after) => ledgerRows(db, account, after).execute())
  yield* pages('media-received', undefined, (after) => receipts(db, account, after).execute())
  yield* pages('events', 'event', (after) => ofAccount(db, 'events', account, after).execute())
  yield* pages('activity', undefined, (after) => ofAccount(db, 'activity', account, after).execute())
  yield* pages('camera-logs', 'lines', (after) => ofAccount(db, 'logs', account, after).execute())
}

async function accountOf(db: Db, account: Id) {
  const row = await db.selectFrom('accounts').selectAll().where('id', '=', account).executeTakeFirstOrThrow()
  const users = await db
    .selectFrom('users')
    .select(['id', 'username', 'name', 'created_at'])
    .where('account', '=', account)
    .execute()
  const sessions = await db
    .selectFrom('sessions')
    .select(['user_id', 'created_at', 'expires_at'])
    .where('account', '=', account)
    .execute()
  const key = await db.selectFrom('account_keys').select('public_key').where('account', '=', account).executeTakeFirst()
  return { ...row, users, sessions, grantKey: key?.public_key ?? null }
}

async function boxesOf(db: Db, account: Id) {
  const boxes = await db.selectFrom('agents').selectAll().where('account', '=', account).execute()
  const grants = await db.selectFrom('grants').selectAll().where('account', '=', account).execute()
  return boxes.map(({ token_hash: _, host, spool, ...box }) => ({
    ...box,
    host: json(host),
    spool: json(spool),
    grant: grants.find(({ agent }) => agent === box.id) ?? null,
  }))
}

async function camerasOf(db: Db, account: Id) {
  const cameras = await db
    .selectFrom('cameras')
    .select(['agent', 'camera', 'facts', 'at', 'forgotten_at'])
    .where('account', '=', account)
    .execute()
  const consents = await db.selectFrom('consents').selectAll().where('account', '=', account).execute()
  const health = await db.selectFrom('health').selectAll().where('account', '=', account).execute()
  return cameras.map(({ agent, camera, facts, at, forgotten_at }) => {
    const same = (row: { agent: string; camera: string }) => row.agent === agent && row.camera === camera
    const { kinds, changed_at, changed_by } = consents.find(same) ?? {}
    return {
      agent,
      camera,
      at,
      forgotten_at,
      facts: json(facts),
      health: json(health.find(same)?.facts ?? null),
      consent: kinds === undefined ? null : { kinds: json(kinds), changed_at, changed_by },
    }
  })
}

/** Where a page ended. */
interface Cursor {
  readonly at: number
  readonly id: number
}

/**
 * The next page by time and number, which is the order of the indices: by number alone, each page would have all of the
 * account's rows sorted.
 */
const ofAccount = (db: Db, table: 'events' | 'logs' | 'activity', account: Id, { at, id }: Cursor) =>
  db
    .selectFrom(table)
    .selectAll()
    .where('account', '=', account)
    .where('at', '>=', at)
    .where((eb) => eb.or([eb('at', '>', at), eb('id', '>', id)]))
    .orderBy('at')
    .orderBy('id')
    .limit(PAGE_ROWS)

const ledgerRows = (db: Db, account: Id, { id }: Cursor) =>
  db
    .selectFrom('ledger_rows')
    .selectAll()
    .where('account', '=', account)
    .where('id', '>', id)
    .orderBy('id')
    .limit(PAGE_ROWS)

const receipts = (db: Db, account: Id, { id }: Cursor) =>
  db
    .selectFrom('receipts')
    .selectAll()
    .select('received_at as at')
    .where('account', '=', account)
    .where('id', '>', id)
    .orderBy('id')
    .limit(PAGE_ROWS)

const consentChanges = (db: Db, account: Id, { at, id }: Cursor) =>
  db
    .selectFrom('consent_changes')
    .selectAll()
    .select('changed_at as at')
    .where('account', '=', account)
    .where('changed_at', '>=', at)
    .where((eb) => eb.or([eb('changed_at', '>', at), eb('id', '>', id)]))
    .orderBy('changed_at')
    .orderBy('id')
    .limit(PAGE_ROWS)

/** One document for every page of rows, numbered from 1; the column `parsed` holds JSON. */
async function* pages<Row extends Cursor>(
  folder: string,
  parsed: string | undefined,
  read: (after: Cursor) => Promise<readonly Row[]>,
): AsyncGenerator<Document> {
  let after: Cursor = { at: 0, id: 0 }
  for (let page = 1; ; page += 1) {
    const rows = await read(after)
    const value = rows.map((row) =>
      Object.fromEntries(
        Object.entries(row).map(([name, cell]) => [name, name === parsed ? json(String(cell)) : cell]),
      ),
    )
    if (value.length > 0) yield { name: `${folder}/${String(page).padStart(6, '0')}.json`, value }
    after = rows.at(-1) ?? after
    if (rows.length < PAGE_ROWS) return
  }
}
