import { verify } from 'node:crypto'
import type { Clock } from '../../agent/base/clock.ts'
import { LenscapError } from '../../agent/base/errors.ts'
import { newId } from '../../agent/base/ids.ts'
import { type ClaimOffer, type ClaimRequest, type ClaimResult, claimProofBytes } from '../../agent/protocol/claim.ts'
import type { Id } from '../../agent/protocol/envelope.ts'
import { importPublicKey } from '../../agent/protocol/grant.ts'
import { Throttle } from '../accounts/throttle.ts'
import { hashToken, newToken } from '../accounts/tokens.ts'
import type { Db, Tx } from '../store/tables.ts'
import { hashUserCode, newUserCode } from './user-code.ts'

const CLAIM_MS = 10 * 60_000
const PENDING_MAX = 1000
const POLL_INTERVAL_MS = 1000
const NO_SPOOL = JSON.stringify({ messages: 0, bytes: 0, dropped: 0 })

export interface ClaimsDeps {
  readonly db: Db
  readonly clock: Clock
  /** Where an owner types the code. */
  readonly page: () => string
  readonly mqttUrl: () => string
  readonly prefix: string
  readonly onClaimed: (agent: Id, account: Id) => void
}

/** Binds boxes to accounts (the manners of RFC 8628): a box asks, its owner types the code, the box fetches its token. */
export class Claims {
  readonly #deps: ClaimsDeps
  readonly #guesses: Throttle

  constructor(deps: ClaimsDeps) {
    this.#deps = deps
    this.#guesses = new Throttle({ failuresMax: 20, windowMs: CLAIM_MS, keysMax: 10_000, clock: deps.clock })
  }

  /** A box asks to be claimed. @throws LenscapError `invalid` for a key that isn't Ed25519, `busy` when too many wait */
  async offer(request: ClaimRequest): Promise<ClaimOffer> {
    const { db, clock, page } = this.#deps
    if (!isEd25519(request.publicKey)) throw new LenscapError('invalid', 'publicKey must be an Ed25519 key (SPKI DER)')
    const now = clock.nowMs()
    const claim = newId()
    const userCode = newUserCode()
    await db.transaction().execute(async (tx) => {
      await tx.deleteFrom('claims').where('expires_at', '<=', now).execute()
      const { waiting } = await tx
        .selectFrom('claims')
        .select((eb) => eb.fn.countAll<number>().as('waiting'))
        .executeTakeFirstOrThrow()
      if (waiting >= PENDING_MAX) throw new LenscapError('busy', 'Too many boxes wait to be claimed: try again later')
      await tx
        .insertInto('claims')
        .values({
          id: claim,
          code_hash: hashUserCode(userCode),
          public_key: request.publicKey,
          name: request.name,
          version: request.version,
          created_at: now,
          expires_at: now + CLAIM_MS,
          agent: null,
        })
        .execute()
    })
    return { claim, userCode, page: page(), pollIntervalMs: POLL_INTERVAL_MS, expiresAt: now + CLAIM_MS }
  }

  /**
   * The box asks whether it was taken. The token is made here and stored as a hash, so that it is never at rest; a box
   * that lost the answer asks again and gets another one, the former is void.
   * @throws LenscapError `refused` without proof of the key, `invalid` for a claim that is unknown or over
   */
  async poll(claim: Id, proof: string): Promise<ClaimResult> {
    const { db, mqttUrl, prefix } = this.#deps
    const row = await this.#pending().where('claims.id', '=', claim).executeTakeFirst()
    if (!row) throw new LenscapError('invalid', 'This claim is unknown or over: ask again')
    const key = importPublicKey(row.public_key)
    if (!verify(null, claimProofBytes(claim), key, Buffer.from(proof, 'base64url'))) {
      throw new LenscapError('refused', 'The proof does not fit the key that asked')
    }
    if (row.agent === null) return { state: 'pending' }
    const agent = row.agent
    const { account, public_key: grantKey } = await db
      .selectFrom('agents')
      .innerJoin('account_keys', 'account_keys.account', 'agents.account')
      .select(['agents.account', 'account_keys.public_key'])
      .where('agents.id', '=', agent)
      .executeTakeFirstOrThrow()
    const token = newToken()
    await db
      .updateTable('agents')
      .set({ token_hash: hashToken(token) })
      .where('id', '=', agent)
      .execute()
    return { state: 'claimed', agent, account, grantKey, token, mqttUrl: mqttUrl(), prefix }
  }

  /** A signed-in owner takes the box that shows this code. @throws LenscapError `busy` or `refused` */
  async take(account: Id, userCode: string): Promise<{ agent: Id; name: string }> {
    const { db, clock, onClaimed } = this.#deps
    if (this.#guesses.blocked(account)) {
      throw new LenscapError('busy', 'Too many wrong codes: wait ten minutes and try again')
    }
    const taken = await db.transaction().execute(async (tx) => {
      const row = await tx
        .selectFrom('claims')
        .select(['id', 'name', 'version', 'public_key'])
        .where('code_hash', '=', hashUserCode(userCode))
        .where('expires_at', '>', clock.nowMs())
        .where('agent', 'is', null)
        .executeTakeFirst()
      if (!row) return undefined
      const agent = await insertAgent(tx, { ...row, account, claimed_at: clock.nowMs() })
      await tx.updateTable('claims').set({ agent }).where('id', '=', row.id).execute()
      return { agent, name: row.name }
    })
    if (!taken) {
      this.#guesses.fail(account)
      throw new LenscapError('refused', 'No box shows this code: check it, and that it is not older than ten minutes')
    }
    onClaimed(taken.agent, account)
    return taken
  }

  async removeExpired(): Promise<void> {
    const { db, clock } = this.#deps
    await db.deleteFrom('claims').where('expires_at', '<=', clock.nowMs()).execute()
  }

  #pending() {
    const { db, clock } = this.#deps
    return db.selectFrom('claims').select(['public_key', 'agent']).where('expires_at', '>', clock.nowMs())
  }
}

interface NewAgent {
  readonly account: Id
  readonly name: string
  readonly version: string
  readonly public_key: string
  readonly claimed_at: number
}

async function insertAgent(tx: Tx, made: NewAgent): Promise<Id> {
  const id = newId()
  await tx
    .insertInto('agents')
    .values({
      id,
      account: made.account,
      name: made.name,
      public_key: made.public_key,
      token_hash: null,
      claimed_at: made.claimed_at,
      last_seen_at: null,
      online: 0,
      version: made.version,
      cap: 0,
      spool: NO_SPOOL,
      host: null,
      host_stream: '',
      host_seq: 0,
      messages: 0,
      refused_uploads: 0,
    })
    .execute()
  return id
}

function isEd25519(key: string): boolean {
  try {
    return importPublicKey(key).asymmetricKeyType === 'ed25519'
  } catch {
    return false
  }
}
