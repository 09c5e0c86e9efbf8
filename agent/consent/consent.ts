import type { KeyObject } from 'node:crypto'
import { dirname } from 'node:path'
import { type Ballast, stateBallast } from '../base/ballast.ts'
import type { Clock } from '../base/clock.ts'
import type { Database } from '../base/database.ts'
import { describeError, LenscapError } from '../base/errors.ts'
import type { Id } from '../protocol/envelope.ts'
import { type GrantDocument, grantAllows, openGrant, type SignedGrant } from '../protocol/grant.ts'
import type { MediaKind } from '../protocol/media-kind.ts'
import type { Cap } from './cap.ts'
import { LatestTime } from './latest-time.ts'
import { commonOf, isRenewal } from './narrow.ts'
import { RefusedGrants } from './refused-grants.ts'

/** Tables that this room keeps in the box's state database. */
export const CONSENT_TABLES = `
  CREATE TABLE grant_held (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    serial INTEGER NOT NULL,
    document TEXT NOT NULL,
    signature TEXT NOT NULL
  ) STRICT;
`

// A box without a battery starts in 1970 and jumps to now: the time is looked at again this often.
const LOOK_MS = 60_000

/** What was pinned when the box was claimed: whose word counts here. */
interface Pins {
  readonly agent: Id
  readonly account: Id
  readonly grantKey: KeyObject
}

interface ConsentDeps {
  readonly db: Database
  readonly pins: Pins
  readonly cap: Cap
  readonly clock: Clock
  /** Called after what is allowed may have changed, by a grant, the cap or an expiry. */
  readonly onChange: () => void
}

/**
 * Permission as a value: who holds one may take this kind of media from this camera and let it out while it stands.
 * The class itself is not exported: only `Consent.grant` makes one, so what can't be typed can't be forgotten.
 */
class Grant {
  readonly camera: Id
  readonly kind: MediaKind
  readonly #consent: Consent
  readonly #controller = new AbortController()

  constructor(camera: Id, kind: MediaKind, consent: Consent) {
    this.camera = camera
    this.kind = kind
    this.#consent = consent
  }

  /** Fires when the owner revokes, the grant expires or the cap goes on: whatever runs under it stops. */
  get signal(): AbortSignal {
    return this.#controller.signal
  }

  /** The serial of the owner's newest grant that allows this. @throws LenscapError `refused` once it is gone */
  get serial(): number {
    this.check()
    return this.#consent.serial
  }

  /** Whom the owner has media encrypted for: age recipients, none where the bridge names none. @throws LenscapError `refused` */
  get recipients(): readonly string[] {
    this.check()
    return this.#consent.recipients
  }

  /** Asked before every step that lets bytes move. @throws LenscapError `refused` once the permission is gone */
  check(): void {
    if (this.signal.aborted || !this.#consent.allows(this.camera, this.kind)) {
      this.end()
      throw refusal(`The owner does not allow ${this.kind}s of this camera`, { camera: this.camera })
    }
  }

  end(): void {
    this.#controller.abort(refusal(`The owner no longer allows ${this.kind}s of this camera`, { camera: this.camera }))
  }
}

export type { Grant }

/** What its owner is told of a grant that came down. */
interface GrantNews {
  readonly kind: 'grant-taken' | 'grant-refused'
  readonly message: string
}

/** Keeps the owner's newest grant and the cap, and says what is allowed now. Without a grant: nothing. */
export class Consent implements Disposable {
  readonly #deps: ConsentDeps
  readonly #handedOut = new Map<string, Grant>()
  readonly #latest: LatestTime
  readonly #refused: RefusedGrants
  /** Room to write a revocation where somebody else has filled the disk. */
  readonly #ballast: Ballast | undefined
  #document: GrantDocument | undefined
  #inForce = false
  #timer: NodeJS.Timeout | undefined
  readonly #stopWatching: () => void

  constructor(deps: ConsentDeps) {
    this.#deps = deps
    this.#document = heldGrant(deps.db, deps.pins)
    this.#latest = new LatestTime(deps.db, deps.clock)
    this.#refused = new RefusedGrants(deps.clock)
    this.#ballast = deps.db.memory ? undefined : stateBallast(dirname(deps.db.name))
    this.#ballast?.hold()
    this.#stopWatching = deps.cap.watch(() => this.#review())
    this.#inForce = this.#isInForceNow()
    this.#watchTime()
  }

  /** The serial of the grant held, 0 where there is none. */
  get serial(): number {
    return this.#document?.serial ?? 0
  }

  /** Whom media are encrypted for, by the owner's newest grant. */
  get recipients(): readonly string[] {
    return this.#document?.recipients ?? []
  }

  get capOn(): boolean {
    return this.#deps.cap.isOn()
  }

  /** Whether this may leave now. The cap is read from the disk each time: it counts at once, whoever set it. */
  allows(camera: Id, kind: MediaKind): boolean {
    if (this.#document === undefined || !this.#isInForce(this.#document) || this.#deps.cap.isOn()) return false
    return grantAllows(this.#document, camera, kind, this.#deps.clock.nowMs())
  }

  /** Permission for one kind of media of one camera, or undefined. The same value as long as it stands. */
  grant(camera: Id, kind: MediaKind): Grant | undefined {
    if (!this.allows(camera, kind)) return undefined
    const key = `${camera}/${kind}`
    const held = this.#handedOut.get(key)
    if (held && !held.signal.aborted) return held
    const made = new Grant(camera, kind, this)
    this.#handedOut.set(key, made)
    return made
  }

  /** Takes a grant that came down, or refuses it, and says what its owner should hear of it. Never throws. */
  take(signed: SignedGrant): GrantNews | undefined {
    try {
      if (this.accept(signed) !== 'taken') return undefined
      return { kind: 'grant-taken', message: `Took the owner's grant ${this.serial}` }
    } catch (error) {
      const message = this.#refused.words(signed, describeError(error))
      return message === undefined ? undefined : { kind: 'grant-refused', message }
    }
  }

  /**
   * Takes a grant that came down: verified against the pinned key, on disk before it counts.
   * The one that is held already is quietly taken again (it is retained, and comes at each connect).
   * @throws LenscapError `refused` for a wrong signature, a foreign account or agent, or an older serial; `storage` where
   * the disk takes nothing: what the grant no longer allows has ended nevertheless
   */
  accept(signed: SignedGrant): 'taken' | 'renewed' | 'held already' {
    const document = this.#verified(signed)
    const held = this.#document
    if (document.serial === this.serial) return 'held already'
    try {
      this.#keep(document.serial, signed)
    } catch (cause) {
      this.#document = held && commonOf(held, document)
      this.#review()
      const advice = 'The disk takes no grant: what it no longer allows has ended; make room for what it allows'
      throw new LenscapError('storage', advice, { serial: document.serial }, cause)
    }
    this.#document = document
    // Bridge and clock agree that now is within this grant: then the clock was ahead before.
    if (!this.#isInForce(document) && grantIsOf(document, this.#deps.clock.nowMs())) this.#latest.believeClock()
    this.#review()
    return held && isRenewal(held, document) ? 'renewed' : 'taken'
  }

  /** @throws LenscapError `refused`, naming why */
  #verified(signed: SignedGrant): GrantDocument {
    const { pins } = this.#deps
    const document = openGrant(signed, pins.grantKey)
    if (document === undefined) throw refusal("The grant is not signed by this account's key", {})
    const { account, agent, serial } = document
    if (account !== pins.account) throw refusal('The grant is of another account', { account })
    if (agent !== pins.agent) throw refusal('The grant is for another box', { agent })
    if (serial < this.serial) throw refusal('The grant is older than the one held', { serial, held: this.serial })
    return document
  }

  #keep(serial: number, { document, signature }: SignedGrant): void {
    const { db } = this.#deps
    const write = () =>
      db
        .prepare(
          'INSERT INTO grant_held VALUES (1, ?, ?, ?) ON CONFLICT (only) DO UPDATE SET serial = excluded.serial, document = excluded.document, signature = excluded.signature',
        )
        .run(serial, document, signature)
    if (this.#ballast) this.#ballast.withRoom(() => db, write)
    else write()
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer)
    this.#stopWatching()
    for (const grant of this.#handedOut.values()) grant.end()
    if (this.#document) this.#latest.keep()
  }

  /** To be called when the box's clock was set: it also looks by itself, at the edges of the grant and every minute. */
  look(): void {
    if (this.#isInForceNow() === this.#inForce) this.#watchTime()
    else this.#review()
  }

  #isInForceNow(): boolean {
    return this.#document !== undefined && this.#isInForce(this.#document)
  }

  /** It begins by the box's clock and ends by the latest time that the box has known. */
  #isInForce({ notBefore, expires }: GrantDocument): boolean {
    return this.#deps.clock.nowMs() >= notBefore && this.#latest.nowMs() < expires
  }

  /** Ends what no longer stands, then tells. */
  #review(): void {
    // Before the grants are asked: where the time runs out between the two, the next look sees a difference.
    this.#inForce = this.#isInForceNow()
    for (const [key, grant] of this.#handedOut) {
      if (this.allows(grant.camera, grant.kind)) continue
      this.#handedOut.delete(key)
      grant.end()
    }
    this.#watchTime()
    this.#deps.onChange()
  }

  /** Looks again when the grant held begins or ceases to be in force. What was noticed of it is `#review`'s to say. */
  #watchTime(): void {
    clearTimeout(this.#timer)
    if (this.#document === undefined) return
    const { notBefore, expires } = this.#document
    this.#latest.keepNowAndThen()
    const leftMs = expires - this.#latest.nowMs()
    const untilMs = this.#inForce ? Math.max(leftMs, 1) : notBefore - this.#deps.clock.nowMs()
    this.#timer = setTimeout(() => this.look(), untilMs > 0 ? Math.min(untilMs, LOOK_MS) : LOOK_MS).unref()
  }
}

/** The grant on the box's disk, verified again: a file is not believed because it is ours. For tools that only look, too. */
export function heldGrant(db: Database, pins: Pins): GrantDocument | undefined {
  const row = db.prepare('SELECT document, signature FROM grant_held').get() as SignedGrant | undefined
  const document = row && openGrant(row, pins.grantKey)
  return document?.account === pins.account && document.agent === pins.agent ? document : undefined
}

const grantIsOf = ({ notBefore, expires }: GrantDocument, nowMs: number) => nowMs >= notBefore && nowMs < expires

const refusal = (message: string, facts: Record<string, string | number>) => new LenscapError('refused', message, facts)
