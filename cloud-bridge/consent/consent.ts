import { z } from 'zod'
import type { Clock } from '../../agent/base/clock.ts'
import { LenscapError } from '../../agent/base/errors.ts'
import { type Id, PROTOCOL_VERSION } from '../../agent/protocol/envelope.ts'
import { type GrantDocument, type GrantMessage, signGrant } from '../../agent/protocol/grant.ts'
import { MediaKind } from '../../agent/protocol/media-kind.ts'
import type { KeyBox } from '../accounts/key-box.ts'
import { mediaRecipients } from '../accounts/media-keys.ts'
import type { Change, OnChange } from '../store/change.ts'
import type { Db, Tx } from '../store/tables.ts'

const DAY_MS = 24 * 3_600_000
// What a box may do without a word from here. A week bridges an outage; a box that was carried off, or whose line the owner
// can't reach to revoke, stops asking its cameras within that week. Renewed daily, a box in touch always has six days.
const GRANT_MS = 7 * DAY_MS
const RENEW_AFTER_MS = DAY_MS
// Boxes' clocks are often behind; a grant that isn't valid yet would look like one that doesn't work.
const SLOW_CLOCK_MS = 3_600_000

/** Kind → serial of the grant that turned it on: what was taken before that stays refused. */
const GrantedKinds = z.partialRecord(MediaKind, z.number())

export interface ConsentDeps {
  readonly db: Db
  readonly keyBox: KeyBox
  readonly clock: Clock
  /** Brings a grant to its agent, if it is there; if not, it gets it when it comes. */
  readonly sendGrant: (agent: Id, message: GrantMessage) => void
  /** Something that was allowed no longer is: cut and purge what runs under it. */
  readonly onRevoked: (agent: Id) => Promise<void>
  readonly onChange: OnChange
}

export interface WhoAndWhose {
  readonly account: Id
  readonly user: Id
}

/** What owners allow: the switches, their history, and the signed grant that tells each agent. Default: nothing. */
export class Consent {
  readonly #deps: ConsentDeps

  constructor(deps: ConsentDeps) {
    this.#deps = deps
  }

  /**
   * Sets which kinds may leave from one camera from now on. When it resolves, what is no longer allowed is cut, whether
   * or not the agent is there.
   * @throws LenscapError `invalid` for a camera that this account does not have
   */
  async set(who: WhoAndWhose, agent: Id, camera: Id, kinds: readonly MediaKind[]): Promise<void> {
    await this.#deps.db.transaction().execute(async (tx) => {
      const known = await tx
        .selectFrom('cameras')
        .select('camera')
        .where('account', '=', who.account)
        .where('agent', '=', agent)
        .where('camera', '=', camera)
        .where('forgotten_at', 'is', null)
        .executeTakeFirst()
      if (!known) throw new LenscapError('invalid', 'This account has no such camera')
      await this.#write(tx, who, agent, new Map([[camera, kinds]]))
    })
    await this.#tell(who.account, agent, [camera])
  }

  /** Turns a camera off that its box has forgotten, in the name of whoever turned it last: nothing new is allowed by that. */
  async end(account: Id, agent: Id, camera: Id): Promise<void> {
    const isOff = await this.#deps.db.transaction().execute(async (tx) => {
      const row = await tx
        .selectFrom('consents')
        .select('changed_by')
        .where('account', '=', account)
        .where('agent', '=', agent)
        .where('camera', '=', camera)
        .where('kinds', '!=', '{}')
        .executeTakeFirst()
      if (row) await this.#write(tx, { account, user: row.changed_by }, agent, new Map([[camera, []]]))
      return row === undefined
    })
    if (!isOff) await this.#tell(account, agent, [camera])
  }

  /** Turns everything off, for all cameras of the account. */
  async clear(who: WhoAndWhose): Promise<void> {
    const { db } = this.#deps
    const off = await db.transaction().execute(async (tx) => {
      const rows = await tx
        .selectFrom('consents')
        .select(['agent', 'camera'])
        .where('account', '=', who.account)
        .where('kinds', '!=', '{}')
        .execute()
      const agents = Map.groupBy(rows, (row) => row.agent)
      for (const [agent, cameras] of agents) {
        await this.#write(tx, who, agent, new Map(cameras.map(({ camera }) => [camera, []])))
      }
      return agents
    })
    const told = Array.from(off, ([agent, cameras]) =>
      this.#tell(
        who.account,
        agent,
        cameras.map(({ camera }) => camera),
      ),
    )
    // One box that can't be told must not keep the others from hearing of it.
    for (const outcome of await Promise.allSettled(told)) if (outcome.status === 'rejected') throw outcome.reason
  }

  /** Whether an item of this kind, recorded under the grant of this serial, may come in now. Ask within the transaction that takes it. */
  async allows(db: Db | Tx, agent: Id, camera: Id, kind: MediaKind, serial: number): Promise<boolean> {
    const row = await db
      .selectFrom('consents')
      .innerJoin('grants', 'grants.agent', 'consents.agent')
      .select(['consents.kinds', 'grants.serial', 'grants.not_before', 'grants.expires'])
      .where('consents.agent', '=', agent)
      .where('consents.camera', '=', camera)
      .executeTakeFirst()
    if (!row) return false
    const now = this.#deps.clock.nowMs()
    const since = GrantedKinds.parse(JSON.parse(row.kinds))[kind]
    return since !== undefined && serial >= since && serial <= row.serial && now >= row.not_before && now < row.expires
  }

  /** Whether this kind of media of a camera may come in now, of a box that holds the newest grant. */
  async allowsNow(agent: Id, camera: Id, kind: MediaKind): Promise<boolean> {
    const { db } = this.#deps
    const grant = await db.selectFrom('grants').select('serial').where('agent', '=', agent).executeTakeFirst()
    return grant !== undefined && (await this.allows(db, agent, camera, kind, grant.serial))
  }

  /** For an agent that has just connected: its grant, renewed if it is more than a day old. */
  async sendCurrent(agent: Id): Promise<void> {
    await this.#renew(agent)
    await this.#send(agent)
  }

  /** Signs anew what an account's boxes hold, as after a change of whom media are encrypted for. */
  async signAnew(who: WhoAndWhose): Promise<void> {
    const { db } = this.#deps
    const held = await db.selectFrom('grants').select('agent').where('account', '=', who.account).execute()
    for (const { agent } of held) {
      await db.transaction().execute((tx) => this.#write(tx, who, agent, new Map()))
      await this.#send(agent)
    }
  }

  /** Renews every grant that allows something and is more than a day old. */
  async renewAll(): Promise<void> {
    const due = await this.#dueForRenewal().execute()
    for (const { agent } of due) {
      await this.#renew(agent)
      await this.#send(agent)
    }
  }

  #dueForRenewal() {
    const { db, clock } = this.#deps
    return (
      db
        .selectFrom('grants')
        .selectAll()
        // One that names nobody to encrypt for is of an earlier release: with it no media come any more.
        .where((eb) =>
          eb.or([eb('expires', '<', clock.nowMs() + GRANT_MS - RENEW_AFTER_MS), eb('recipients', '=', '')]),
        )
        .where(({ exists, selectFrom }) =>
          exists(
            selectFrom('consents')
              .select('camera')
              .whereRef('consents.agent', '=', 'grants.agent')
              .where('kinds', '!=', '{}'),
          ),
        )
    )
  }

  async #renew(agent: Id): Promise<void> {
    const due = await this.#dueForRenewal().where('agent', '=', agent).executeTakeFirst()
    if (!due) return
    // In the name of whoever turned the switch last: a renewal allows nothing new.
    const who = { account: due.account, user: due.granted_by }
    await this.#deps.db.transaction().execute((tx) => this.#write(tx, who, agent, new Map()))
  }

  /** Changes the switches of some cameras and signs what all of the agent's switches now say, under the next serial. */
  async #write(tx: Tx, who: WhoAndWhose, agent: Id, changes: Map<Id, readonly MediaKind[]>): Promise<void> {
    const changed_at = this.#deps.clock.nowMs()
    const held = await tx.selectFrom('grants').select('serial').where('agent', '=', agent).executeTakeFirst()
    const serial = (held?.serial ?? 0) + 1
    for (const [camera, kinds] of changes) {
      const before = await tx
        .selectFrom('consents')
        .select('kinds')
        .where('agent', '=', agent)
        .where('camera', '=', camera)
        .executeTakeFirst()
      const since = GrantedKinds.parse(JSON.parse(before?.kinds ?? '{}'))
      const granted = Object.fromEntries(
        MediaKind.options.filter((kind) => kinds.includes(kind)).map((kind) => [kind, since[kind] ?? serial]),
      )
      const now = { kinds: JSON.stringify(granted), changed_at, changed_by: who.user }
      await tx
        .insertInto('consents')
        .values({ agent, account: who.account, camera, ...now })
        .onConflict((conflict) => conflict.columns(['agent', 'camera']).doUpdateSet(now))
        .execute()
      await tx
        .insertInto('consent_changes')
        .values({ agent, account: who.account, camera, serial, ...now, kinds: JSON.stringify(Object.keys(granted)) })
        .execute()
    }
    await this.#sign(tx, who, agent, serial, changed_at)
  }

  async #sign(tx: Tx, who: WhoAndWhose, agent: Id, serial: number, nowMs: number): Promise<void> {
    const { keyBox } = this.#deps
    const switches = await tx
      .selectFrom('consents')
      .select(['camera', 'kinds'])
      .where('agent', '=', agent)
      .where('kinds', '!=', '{}')
      .execute()
    const recipients = [...(await mediaRecipients(tx, keyBox, who.account))]
    const document: GrantDocument = {
      v: 1,
      account: who.account,
      agent,
      serial,
      notBefore: nowMs - SLOW_CLOCK_MS,
      expires: nowMs + GRANT_MS,
      grantedBy: who.user,
      cameras: switches.map(({ camera, kinds }) => ({
        camera,
        kinds: MediaKind.options.filter((kind) => kind in GrantedKinds.parse(JSON.parse(kinds))),
      })),
      recipients,
    }
    const { sealed_private_key } = await tx
      .selectFrom('account_keys')
      .select('sealed_private_key')
      .where('account', '=', who.account)
      .executeTakeFirstOrThrow()
    const signed = signGrant(document, keyBox.unseal(sealed_private_key, who.account))
    const columns = {
      serial,
      ...signed,
      not_before: document.notBefore,
      expires: document.expires,
      granted_by: who.user,
      recipients: JSON.stringify(recipients),
    }
    await tx
      .insertInto('grants')
      .values({ agent, account: who.account, ...columns })
      .onConflict((conflict) => conflict.column('agent').doUpdateSet(columns))
      .execute()
  }

  async #send(agent: Id): Promise<void> {
    const { db, clock, sendGrant } = this.#deps
    const grant = await db
      .selectFrom('grants')
      .select(['document', 'signature'])
      .where('agent', '=', agent)
      .executeTakeFirst()
    if (grant) sendGrant(agent, { v: PROTOCOL_VERSION, at: clock.nowMs(), seq: 0, grant })
  }

  /** The agent first, since it is the one that stops at the source; then what is already on its way in. */
  async #tell(account: Id, agent: Id, cameras: readonly Id[]): Promise<void> {
    await this.#send(agent)
    await this.#deps.onRevoked(agent)
    this.#deps.onChange(cameras.map((camera): Change => ({ account, kind: 'camera', agent, camera })))
  }
}
