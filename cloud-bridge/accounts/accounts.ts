import { generateKeyPairSync } from 'node:crypto'
import type { Clock } from '../../agent/base/clock.ts'
import { LenscapError } from '../../agent/base/errors.ts'
import { newId } from '../../agent/base/ids.ts'
import type { Id } from '../../agent/protocol/envelope.ts'
import { exportPublicKey } from '../../agent/protocol/grant.ts'
import type { Db, Tx } from '../store/tables.ts'
import type { KeyBox } from './key-box.ts'
import { hashPassword } from './passwords.ts'
import { hashToken, newToken } from './tokens.ts'

export interface NewAccount {
  readonly name: string
  readonly email: string
  readonly username: string
  readonly password: string
}

/** Somebody of an account. */
export interface Person {
  readonly account: Id
  readonly user: Id
  readonly name: string
  readonly username: string
}

export interface AccountsDeps {
  readonly db: Db
  readonly keyBox: KeyBox
  readonly clock: Clock
}

/** Makes accounts: the first by a one-time link, each with its own key that signs its grants. */
export class Accounts {
  readonly #deps: AccountsDeps

  constructor(deps: AccountsDeps) {
    this.#deps = deps
  }

  /** The one-time set-up token while there is no account yet, else undefined. A new one replaces those made before. */
  async newSetupToken(): Promise<string | undefined> {
    const { db, clock } = this.#deps
    return db.transaction().execute(async (tx) => {
      if (await anyAccount(tx)) return undefined
      const token = newToken()
      await tx.deleteFrom('setup').execute()
      await tx
        .insertInto('setup')
        .values({ token_hash: hashToken(token), created_at: clock.nowMs() })
        .execute()
      return token
    })
  }

  /** Uses the one-time link up. @throws LenscapError `refused` when it is wrong, used, or there is an account already */
  async setUp(token: string, account: NewAccount): Promise<Person> {
    const { db } = this.#deps
    const known = await db.selectFrom('setup').select('token_hash').where('token_hash', '=', hashToken(token)).execute()
    if (known.length === 0) throw linkIsVoid()
    // Hashed before the transaction: it takes long, and the records have one writer.
    const passwordHash = await hashPassword(account.password)
    return db.transaction().execute(async (tx) => {
      const used = await tx.deleteFrom('setup').where('token_hash', '=', hashToken(token)).executeTakeFirst()
      if (used.numDeletedRows !== 1n || (await anyAccount(tx))) throw linkIsVoid()
      return this.#insert(tx, account, passwordHash)
    })
  }

  /** Makes an account without a link, for tools and tests that hold the records themselves. */
  async create(account: NewAccount): Promise<Person> {
    const passwordHash = await hashPassword(account.password)
    return this.#deps.db.transaction().execute((tx) => this.#insert(tx, account, passwordHash))
  }

  async #insert(tx: Tx, made: NewAccount, passwordHash: string): Promise<Person> {
    const { keyBox, clock } = this.#deps
    const account = newId()
    const user = newId()
    const created_at = clock.nowMs()
    const { publicKey, privateKey } = generateKeyPairSync('ed25519')
    await tx.insertInto('accounts').values({ id: account, name: made.name, email: made.email, created_at }).execute()
    await tx
      .insertInto('account_keys')
      .values({
        account,
        public_key: exportPublicKey(publicKey),
        sealed_private_key: keyBox.seal(privateKey, account),
      })
      .execute()
    await tx
      .insertInto('users')
      .values({ id: user, account, username: made.username, name: made.name, password_hash: passwordHash, created_at })
      .execute()
    return { account, user, name: made.name, username: made.username }
  }
}

async function anyAccount(tx: Tx): Promise<boolean> {
  return (await tx.selectFrom('accounts').select('id').limit(1).executeTakeFirst()) !== undefined
}

const linkIsVoid = () =>
  new LenscapError('refused', 'This set-up link is void: use the newest one that the bridge printed')
