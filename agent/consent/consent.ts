import type { KeyObject } from 'node:crypto'
import type { Clock } from '../base/clock.ts'
import type { Database } from '../base/database.ts'
import { LenscapError } from '../base/errors.ts'
import type { Id } from '../protocol/envelope.ts'
import { type GrantDocument, grantAllows, openGrant, type SignedGrant } from '../protocol/grant.ts'
import type { MediaKind } from '../protocol/media-kind.ts'
import type { Cap } from './cap.ts'

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

/** Keeps the owner's newest grant and the cap, and says what is allowed now. Without a grant: nothing. */
export class Consent implements Disposable {
  readonly #deps: ConsentDeps
  readonly #handedOut = new Map<string, Grant>()
  #document: GrantDocument | undefined
  #inForce = false
  #timer: NodeJS.Timeout | undefined
  readonly #stopWatching: () => void

  constructor(deps: ConsentDeps) {
    this.#deps = deps
    this.#document = heldGrant(deps.db, deps.pins)
    this.#stopWatching = deps.cap.watch(() => this.#review())
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
    if (this.#document === undefined || this.#deps.cap.isOn()) return false
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

  /**
   * Takes a grant that came down: verified against the pinned key, on disk before it counts.
   * The one that is held already is quietly taken again (it is retained, and comes at each connect).
   * @throws LenscapError `refused` for a wrong signature, a foreign account or agent, or an older serial
   */
  accept(signed: SignedGrant): 'taken' | 'held already' {
    const { pins, db } = this.#deps
    const document = openGrant(signed, pins.grantKey)
    if (document === undefined) throw refusal("The grant is not signed by this account's key", {})
    if (document.account !== pins.account || document.agent !== pins.agent) {
      throw refusal('The grant is for another account or agent', { account: document.account, agent: document.agent })
    }
    if (document.serial === this.serial) return 'held already'
    if (document.serial < this.serial) {
      throw refusal('The grant is older than the one held', { serial: document.serial, held: this.serial })
    }
    db.prepare(
      'INSERT INTO grant_held VALUES (1, ?, ?, ?) ON CONFLICT (only) DO UPDATE SET serial = excluded.serial, document = excluded.document, signature = excluded.signature',
    ).run(document.serial, signed.document, signed.signature)
    this.#document = document
    this.#review()
    return 'taken'
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer)
    this.#stopWatching()
    for (const grant of this.#handedOut.values()) grant.end()
  }

  /** Ends what no longer stands, then tells. */
  #review(): void {
    for (const [key, grant] of this.#handedOut) {
      if (this.allows(grant.camera, grant.kind)) continue
      this.#handedOut.delete(key)
      grant.end()
    }
    this.#watchTime()
    this.#deps.onChange()
  }

  /** Notices when the grant held begins or ceases to be in force. */
  #watchTime(): void {
    clearTimeout(this.#timer)
    if (this.#document === undefined) return
    const { notBefore, expires } = this.#document
    const nowMs = this.#deps.clock.nowMs()
    this.#inForce = nowMs >= notBefore && nowMs < expires
    const edgesMs = [notBefore - nowMs, expires - nowMs, LOOK_MS].filter((ms) => ms > 0)
    const look = () => {
      const now = this.#deps.clock.nowMs()
      if ((now >= notBefore && now < expires) === this.#inForce) this.#watchTime()
      else this.#review()
    }
    this.#timer = setTimeout(look, Math.min(...edgesMs)).unref()
  }
}

/** The grant on the box's disk, verified again: a file is not believed because it is ours. For tools that only look, too. */
export function heldGrant(db: Database, pins: Pins): GrantDocument | undefined {
  const row = db.prepare('SELECT document, signature FROM grant_held').get() as SignedGrant | undefined
  const document = row && openGrant(row, pins.grantKey)
  return document?.account === pins.account && document.agent === pins.agent ? document : undefined
}

const refusal = (message: string, facts: Record<string, string | number>) => new LenscapError('refused', message, facts)
