import { Id } from '../../agent/protocol/envelope.ts'
import { hashToken, sameHash } from '../accounts/tokens.ts'
import type { Db } from '../store/tables.ts'

/** A box that has proved which one it is. */
export interface Device {
  readonly agent: Id
  readonly account: Id
  /** Its account is gone: it is let in to be told so, and for nothing else. */
  readonly parting?: string
}

// Compared where there is no such agent, so that the time taken does not tell.
const NO_HASH = '0'.repeat(64)

/** Knows the claimed boxes by their tokens. */
export class Devices {
  readonly #db: Db

  constructor(db: Db) {
    this.#db = db
  }

  /** The device with this id and token, or undefined. */
  async authenticate(agent: string, token: string): Promise<Device | undefined> {
    if (!Id.safeParse(agent).success || token.length > 256) return undefined
    const row = await this.#db
      .selectFrom('agents')
      .select(['id', 'account', 'token_hash'])
      .where('id', '=', agent)
      .executeTakeFirst()
    const same = sameHash(hashToken(token), row?.token_hash ?? NO_HASH)
    return same && row ? { agent: row.id, account: row.account } : undefined
  }

  /** The same from `Authorization: Bearer {agent}.{token}`. */
  async authenticateBearer(header: string | undefined): Promise<Device | undefined> {
    const [, agent, token] = /^Bearer ([a-z2-7]{8,32})\.([\w-]{32,256})$/i.exec(header ?? '') ?? []
    return agent && token ? this.authenticate(agent, token) : undefined
  }
}
