import { createHash } from 'node:crypto'
import type { Clock } from '../base/clock.ts'
import { newId } from '../base/ids.ts'
import type { Grant } from '../consent/consent.ts'
import type { LiveQuality } from '../protocol/live.ts'
import { LiveSealer } from '../protocol/live-envelope.ts'
import type { LiveType } from '../protocol/live-message.ts'
import type { Ledger, LedgerOutcome } from './ledger.ts'

/** What one part may carry at most: so much more than what left may stand in the ledger after a power cut. */
const PART_BYTES_MAX = 16 * 1024 * 1024
/** From then on the next keyframe begins another part. */
const PART_BYTES = PART_BYTES_MAX / 2
const PART_MS = 20_000

interface PartDeps {
  readonly grant: Grant
  readonly quality: LiveQuality
  readonly ledger: Pick<Ledger, 'append'>
  readonly clock: Clock
}

/**
 * Some seconds of a live view: an item of the egress ledger, with a key of its own. That it begins is in the ledger before
 * its first byte leaves, with as much as it may carry; how it ended, with what it did.
 */
export class LivePart {
  readonly #deps: PartDeps
  readonly #item = newId()
  readonly #sealer: LiveSealer
  readonly #startedMs: number
  readonly #grantSerial: number
  readonly #hash = createHash('sha256')
  #bytes = 0
  #booked = false

  /** @throws LenscapError `refused` without permission, `unsupported` for recipients that we can't encrypt for, `storage` */
  constructor(deps: PartDeps) {
    const { grant, quality: reason, clock, ledger } = deps
    this.#deps = deps
    this.#startedMs = clock.monotonicMs()
    this.#grantSerial = grant.serial
    const { camera } = grant
    const facts = { item: this.#item, camera, takenAt: clock.nowMs(), durationMs: 0, reason }
    this.#sealer = new LiveSealer({ ...facts, kind: 'live', contentType: 'video/mp4' }, grant.recipients)
    // Nobody knows yet what it will hold: until then its head stands for it.
    const sha256 = createHash('sha256').update(this.#sealer.head).digest('hex')
    ledger.append({ ...this.#entry(), at: clock.nowMs(), outcome: 'begun', bytes: PART_BYTES_MAX, sha256 })
  }

  get item(): string {
    return this.#item
  }

  get bytes(): number {
    return this.#bytes
  }

  /** A keyframe would better begin another. */
  get isDue(): boolean {
    return this.#bytes >= PART_BYTES || this.#deps.clock.monotonicMs() - this.#startedMs >= PART_MS
  }

  /** Whether so many plain bytes, and its end, still find room. */
  hasRoom(plainBytes: number): boolean {
    return this.#bytes + LiveSealer.bytesOf(plainBytes) + LiveSealer.bytesOf(0) <= PART_BYTES_MAX
  }

  head(): Buffer {
    return this.#count(this.#sealer.head)
  }

  message(type: Exclude<LiveType, 'head'>, parts: readonly Uint8Array[]): Buffer {
    return this.#count(this.#sealer.seal(type, parts))
  }

  /** Tells how it ended; the first time counts. */
  book(outcome: Exclude<LedgerOutcome, 'begun'>): void {
    if (this.#booked) return
    this.#booked = true
    const { ledger, clock } = this.#deps
    const sha256 = this.#hash.copy().digest('hex')
    ledger.append({ ...this.#entry(), at: clock.nowMs(), outcome, bytes: this.#bytes, sha256 })
  }

  #entry() {
    return { item: this.#item, camera: this.#deps.grant.camera, kind: 'live', grantSerial: this.#grantSerial } as const
  }

  #count(message: Buffer): Buffer {
    this.#hash.update(message)
    this.#bytes += message.length
    return message
  }
}
