import { generateKeyPairSync } from 'node:crypto'
import { newId } from '../../agent/base/ids.ts'
import { GrantDocument, type SignedGrant, signGrant } from '../../agent/protocol/grant.ts'
import { type Identity, newIdentity } from './box.ts'
import { CAMERAS, RECIPIENTS, type Scope } from './model.ts'

/** Grants that must not count: an old one, a stranger's, another box's or account's, and one of before the box changed hands. */
export type Intrusion = 'replay' | 'forge' | 'foreign' | 'former owner'

const HOUR_MS = 3_600_000
const stranger = generateKeyPairSync('ed25519')

/** What the owner of a box says, as the bridge signs it. */
export class Owner {
  readonly identity: Identity = newIdentity()
  readonly #former: SignedGrant | undefined
  readonly #words: SignedGrant[] = []

  /** @param former whose box it was */
  constructor(former?: Owner) {
    this.#former = former && (former.newest ?? former.#former)
  }

  /** What the broker retains. */
  get newest(): SignedGrant | undefined {
    return this.#words.at(-1)
  }

  turn(scopes: readonly Scope[], nowMs: number, lastsMs: number): void {
    const cameras = CAMERAS.map((camera) => ({
      camera,
      kinds: (['snapshot', 'clip'] as const).filter((kind) => scopes.includes(`${camera}.${kind}`)),
    }))
    this.#say(
      cameras.filter(({ kinds }) => kinds.length > 0),
      nowMs,
      lastsMs,
    )
  }

  renew(nowMs: number, lastsMs: number): void {
    if (this.newest) this.#say(documentOf(this.newest).cameras, nowMs, lastsMs)
  }

  /** @param heldSerial of the grant that the box holds */
  bad(how: Intrusion, heldSerial: number, nowMs: number): SignedGrant | undefined {
    if (how === 'former owner') return this.#former
    if (how === 'replay') return this.#words.find((each) => documentOf(each).serial < heldSerial)
    if (!this.newest) return undefined
    const serial = this.#words.length + 50
    const cameras = CAMERAS.map((camera) => ({ camera, kinds: ['snapshot' as const, 'clip' as const] }))
    const wanted = { ...documentOf(this.newest), serial, cameras, expires: nowMs + 1000 * HOUR_MS }
    if (how === 'forge') return signGrant(wanted, stranger.privateKey)
    const other = this.#words.length % 2 === 0 ? { agent: newId() } : { account: newId() }
    return signGrant({ ...wanted, ...other }, this.identity.owner.privateKey)
  }

  #say(cameras: GrantDocument['cameras'], nowMs: number, lastsMs: number): void {
    const { account, agent, owner } = this.identity
    const ids = { account, agent, grantedBy: account, recipients: RECIPIENTS }
    const [serial, notBefore, expires] = [this.#words.length + 1, nowMs - HOUR_MS, nowMs + lastsMs]
    this.#words.push(signGrant({ v: 1, ...ids, serial, notBefore, expires, cameras }, owner.privateKey))
  }
}

export const documentOf = ({ document }: SignedGrant): GrantDocument =>
  GrantDocument.parse(JSON.parse(Buffer.from(document, 'base64url').toString()))
