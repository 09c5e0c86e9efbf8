import type { Id } from '../../agent/protocol/envelope.ts'
import type { Db } from '../store/tables.ts'

const ROWS_PER_STEP = 5000

/** The tables that grow with time: emptied in steps, so that no single commit holds up the other accounts. */
const LARGE = ['events', 'logs', 'activity', 'consent_changes'] as const

/** Every table that says whose a row is. */
const OF_ACCOUNT = [
  ...LARGE,
  'account_keys',
  'users',
  'sessions',
  'agents',
  'cameras',
  'health',
  'consents',
  'grants',
  'uploads',
  'items',
  'ledger_rows',
  'receipts',
  'erasures',
] as const

/** Deletes all of an account's rows; the last commit takes the account itself. */
export async function deleteRecords(db: Db, account: Id): Promise<void> {
  for (const table of LARGE) {
    for (;;) {
      const some = db.selectFrom(table).select('id').where('account', '=', account).limit(ROWS_PER_STEP)
      const { numDeletedRows } = await db.deleteFrom(table).where('id', 'in', some).executeTakeFirst()
      if (numDeletedRows < ROWS_PER_STEP) break
    }
  }
  await db.transaction().execute(async (tx) => {
    // What hangs on them (streams, cameras, health, transfers, the mark of the erasure itself) goes with them.
    await tx.deleteFrom('agents').where('account', '=', account).execute()
    await tx.deleteFrom('accounts').where('id', '=', account).execute()
  })
}

/** Looks into every table for what is left of an account. */
export async function rowsLeft(db: Db, account: Id): Promise<number> {
  const account_ = await db.selectFrom('accounts').select('id').where('id', '=', account).execute()
  let left = account_.length
  for (const table of OF_ACCOUNT) {
    const query = db.selectFrom(table).select((eb) => eb.fn.countAll<number>().as('rows'))
    left += (await query.where('account', '=', account).executeTakeFirstOrThrow()).rows
  }
  return left
}
