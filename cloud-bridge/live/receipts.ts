import { createHash } from 'node:crypto'
import type { Clock } from '../../agent/base/clock.ts'
import type { Id } from '../../agent/protocol/envelope.ts'
import type { Db } from '../store/tables.ts'

/** What a part is booked under. */
export interface PartFacts {
  readonly agent: Id
  readonly account: Id
  readonly item: Id
  readonly camera: Id
  readonly grantSerial: number
}

/** One part in the bridge's book: what came of it so far, and its hash. After a crash what was last kept stands. */
export class Receipt {
  readonly #facts: PartFacts
  readonly #deps: { readonly db: Db; readonly clock: Clock }
  readonly #receivedAt: number
  readonly #hash = createHash('sha256')
  #bytes = 0
  #keptBytes = -1
  #keeping: Promise<void> = Promise.resolve()

  constructor(facts: PartFacts, deps: { readonly db: Db; readonly clock: Clock }) {
    this.#facts = facts
    this.#deps = deps
    this.#receivedAt = deps.clock.nowMs()
  }

  get item(): Id {
    return this.#facts.item
  }

  take(message: Buffer): void {
    this.#hash.update(message)
    this.#bytes += message.length
  }

  /** Writes down what came so far; one after the other. */
  keep(): Promise<void> {
    this.#keeping = this.#keeping.catch(() => {}).then(() => this.#write())
    return this.#keeping
  }

  async #write(): Promise<void> {
    if (this.#keptBytes === this.#bytes) return
    const { agent, account, item, camera, grantSerial: grant_serial } = this.#facts
    const now = { bytes: this.#bytes, sha256: this.#hash.copy().digest('hex') }
    this.#keptBytes = now.bytes
    await this.#deps.db
      .insertInto('receipts')
      .values({ agent, account, item, camera, kind: 'live', grant_serial, received_at: this.#receivedAt, ...now })
      .onConflict((conflict) => conflict.columns(['agent', 'item']).doUpdateSet(now).where('kind', '=', 'live'))
      .execute()
  }
}
