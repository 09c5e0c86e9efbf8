import type { Clock } from '../../agent/base/clock.ts'
import { LenscapError } from '../../agent/base/errors.ts'
import type { Id } from '../../agent/protocol/envelope.ts'
import type { Db } from '../store/tables.ts'
import type { Person } from './accounts.ts'
import { checkPassword } from './passwords.ts'
import { Throttle } from './throttle.ts'
import { hashToken, newToken } from './tokens.ts'

/** A session ends this long after signing in. */
export const SESSION_MS = 14 * 24 * 3_600_000

const WINDOW_MS = 15 * 60_000
const KEYS_MAX = 10_000
const USERNAME_FAILURES_MAX = 10
// Many people may share one address.
const ADDRESS_FAILURES_MAX = 50
// Of one person; the oldest ends when one more is begun.
const SESSIONS_MAX = 50

export interface Session extends Person {
  /** The cookie's value: shown once, stored as a hash. */
  readonly token: string
}

/** Signs people in and knows who is. Guessing is throttled by user name and by address. */
export class Sessions {
  readonly #db: Db
  readonly #clock: Clock
  readonly #byUsername: Throttle
  readonly #byAddress: Throttle

  constructor(deps: { readonly db: Db; readonly clock: Clock }) {
    this.#db = deps.db
    this.#clock = deps.clock
    const shared = { windowMs: WINDOW_MS, keysMax: KEYS_MAX, clock: deps.clock }
    this.#byUsername = new Throttle({ ...shared, failuresMax: USERNAME_FAILURES_MAX })
    this.#byAddress = new Throttle({ ...shared, failuresMax: ADDRESS_FAILURES_MAX })
  }

  /**
   * @throws LenscapError `busy` after too many failures, `refused` when user name and password don't fit; which of the
   * two is wrong is not told, nor by the time it takes
   */
  async signIn(username: string, password: string, address: string): Promise<Session> {
    return this.start(await this.#prove(username, password, address))
  }

  /** Whether somebody who is signed in also knows the password now. @throws as `signIn` */
  async confirm({ username }: Person, password: string, address: string): Promise<void> {
    await this.#prove(username, password, address)
  }

  async #prove(username: string, password: string, address: string): Promise<Person> {
    // By name and address together: nobody can lock an owner out from elsewhere.
    const nameKey = `${username.toLowerCase()}\n${address}`
    if (this.#byUsername.blocked(nameKey) || this.#byAddress.blocked(address)) {
      throw new LenscapError('busy', 'Too many attempts: wait a quarter of an hour and try again')
    }
    // Counted before the slow check, so that many at once count as many; taken back when it fits.
    this.#byUsername.fail(nameKey)
    this.#byAddress.fail(address)
    const found = await this.#db
      .selectFrom('users')
      .select(['id', 'account', 'name', 'username', 'password_hash'])
      .where('username', '=', username.trim().toLowerCase())
      .executeTakeFirst()
    const fits = await checkPassword(password, found?.password_hash)
    if (!found || !fits) throw new LenscapError('refused', 'User name and password do not fit')
    this.#byUsername.forget(nameKey)
    this.#byAddress.takeBack(address)
    return { account: found.account, user: found.id, name: found.name, username: found.username }
  }

  /** A session for somebody who has just proved who they are. */
  async start(person: Person): Promise<Session> {
    const token = newToken()
    const now = this.#clock.nowMs()
    await this.#db
      .insertInto('sessions')
      .values({
        token_hash: hashToken(token),
        user_id: person.user,
        account: person.account,
        created_at: now,
        expires_at: now + SESSION_MS,
      })
      .execute()
    await this.#endOldest(person.user)
    return { ...person, token }
  }

  /** Who holds this cookie, or undefined. */
  async find(token: string): Promise<Person | undefined> {
    const row = await this.#db
      .selectFrom('sessions')
      .innerJoin('users', 'users.id', 'sessions.user_id')
      .select(['users.id', 'users.account', 'users.name', 'users.username'])
      .where('token_hash', '=', hashToken(token))
      .where('expires_at', '>', this.#clock.nowMs())
      .executeTakeFirst()
    return row && { account: row.account, user: row.id, name: row.name, username: row.username }
  }

  async #endOldest(user: Id): Promise<void> {
    const kept = this.#db
      .selectFrom('sessions')
      .select('token_hash')
      .where('user_id', '=', user)
      .orderBy('created_at', 'desc')
      .limit(SESSIONS_MAX)
    await this.#db.deleteFrom('sessions').where('user_id', '=', user).where('token_hash', 'not in', kept).execute()
  }

  async end(token: string): Promise<void> {
    await this.#db.deleteFrom('sessions').where('token_hash', '=', hashToken(token)).execute()
  }

  async removeExpired(): Promise<void> {
    await this.#db.deleteFrom('sessions').where('expires_at', '<=', this.#clock.nowMs()).execute()
  }
}
