import type { Clock } from '../../agent/base/clock.ts'
import type { ActivityKind } from '../../agent/protocol/activity.ts'
import type { Id } from '../../agent/protocol/envelope.ts'
import { Throttle } from '../accounts/throttle.ts'
import type { Device } from '../devices/devices.ts'
import type { OnChange } from '../store/change.ts'
import type { Db } from '../store/tables.ts'

const LINES_WINDOW_MS = 60_000

/** Counts what was refused, and tells the owner: one line a minute for each camera and kind, however often it is tried. */
export class Refused {
  readonly #db: Db
  readonly #clock: Clock
  readonly #onChange: OnChange
  readonly #told: Throttle

  constructor(deps: { readonly db: Db; readonly clock: Clock; readonly onChange: OnChange }) {
    this.#db = deps.db
    this.#clock = deps.clock
    this.#onChange = deps.onChange
    this.#told = new Throttle({ failuresMax: 1, windowMs: LINES_WINDOW_MS, keysMax: 10_000, clock: deps.clock })
  }

  async record({ agent, account }: Device, camera: Id, kind: string): Promise<void> {
    await this.#db
      .updateTable('agents')
      .set((eb) => ({ refused_uploads: eb('refused_uploads', '+', 1) }))
      .where('id', '=', agent)
      .execute()
    const key = `${agent}/${camera}/${kind}`
    if (this.#told.blocked(key)) return
    this.#told.fail(key)
    const { id } = await this.#db
      .insertInto('activity')
      .values({
        account,
        agent,
        camera,
        at: this.#clock.nowMs(),
        kind: 'upload-refused' satisfies ActivityKind,
        message: `The bridge refused a ${kind}: the owner does not allow it`,
      })
      .returning('id')
      .executeTakeFirstOrThrow()
    this.#onChange([{ account, kind: 'activity', id }])
  }
}
