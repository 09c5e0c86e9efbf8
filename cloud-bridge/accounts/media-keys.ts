import type { KeyObject } from 'node:crypto'
import { z } from 'zod'
import { LenscapError } from '../../agent/base/errors.ts'
import { ageRecipientOf, isAgeRecipient, newAgeIdentity } from '../../agent/protocol/age.ts'
import type { Id } from '../../agent/protocol/envelope.ts'
import type { Db, Tx } from '../store/tables.ts'
import type { KeyBox } from './key-box.ts'

const OwnerRecipients = z.array(z.string())
const OWNER_RECIPIENTS_MAX = 8

/** Nothing that is sealed for one purpose opens for another. */
const boundTo = (account: Id) => `${account}/media`

/**
 * Whom an account's boxes encrypt media for: the owner's own keys where it is private, else the account's key, which we
 * keep; made now where there is none yet. @throws LenscapError `storage` where there is no such account
 */
export async function mediaRecipients(tx: Tx, keyBox: KeyBox, account: Id): Promise<readonly string[]> {
  const held = await tx
    .selectFrom('media_keys')
    .select(['recipient', 'owner_recipients'])
    .where('account', '=', account)
    .executeTakeFirst()
  const own = OwnerRecipients.parse(JSON.parse(held?.owner_recipients ?? '[]'))
  if (own.length > 0) return own
  return [held?.recipient ?? (await makeKey(tx, keyBox, account))]
}

async function makeKey(tx: Tx, keyBox: KeyBox, account: Id): Promise<string> {
  const identity = newAgeIdentity()
  const recipient = ageRecipientOf(identity)
  const sealed_identity = keyBox.seal(identity, boundTo(account))
  await tx.insertInto('media_keys').values({ account, recipient, sealed_identity, owner_recipients: '[]' }).execute()
  return recipient
}

/** The accounts' keys for media, for those who read and keep them. */
export class MediaKeys {
  readonly #db: Db
  readonly #keyBox: KeyBox

  constructor(db: Db, keyBox: KeyBox) {
    this.#db = db
    this.#keyBox = keyBox
  }

  /** What reads the media that are encrypted for us; undefined where there is none (yet, or any more). */
  async identity(account: Id): Promise<KeyObject | undefined> {
    const row = await this.#db
      .selectFrom('media_keys')
      .select('sealed_identity')
      .where('account', '=', account)
      .executeTakeFirst()
    return row && this.#keyBox.unseal(row.sealed_identity, boundTo(account))
  }

  /** The keys that only the owner holds; none where the account is not private. */
  async ownerRecipients(account: Id): Promise<readonly string[]> {
    const row = await this.#db
      .selectFrom('media_keys')
      .select('owner_recipients')
      .where('account', '=', account)
      .executeTakeFirst()
    return OwnerRecipients.parse(JSON.parse(row?.owner_recipients ?? '[]'))
  }

  /**
   * Makes the account private to these keys, or with an empty list lets us read again what comes from now on. It counts
   * for a box once a new grant is signed. @throws LenscapError `invalid` for what is no X25519 age recipient, `limit`
   */
  async setOwnerRecipients(account: Id, recipients: readonly string[]): Promise<void> {
    if (recipients.length > OWNER_RECIPIENTS_MAX) throw new LenscapError('limit', 'At most 8 keys')
    if (!recipients.every(isAgeRecipient)) {
      throw new LenscapError('invalid', 'These are not all age recipients (age1…, 62 characters)')
    }
    await this.#db.transaction().execute(async (tx) => {
      await mediaRecipients(tx, this.#keyBox, account)
      const owner_recipients = JSON.stringify(recipients)
      await tx.updateTable('media_keys').set({ owner_recipients }).where('account', '=', account).execute()
    })
  }
}
