import { describeError } from '../base/errors.ts'
import type { Logger } from '../base/logger.ts'
import type { ActivityKind } from '../protocol/activity.ts'
import type { Id } from '../protocol/envelope.ts'
import type { SpoolMessage } from '../spool/message.ts'
import type { Spool } from '../spool/spool.ts'

const MESSAGE_LENGTH_MAX = 512

/** Hands messages to the spool for rooms that can't wait; what the disk refuses is logged, never lost in silence. */
export class Journal {
  readonly #spool: Spool
  readonly #logger: Logger
  readonly #onActivity: (message: string, camera?: Id) => void

  constructor(spool: Spool, logger: Logger, onActivity: (message: string, camera?: Id) => void = () => {}) {
    this.#onActivity = onActivity
    this.#spool = spool
    this.#logger = logger
  }

  tell(message: SpoolMessage): void {
    this.#spool.append(message).catch((error: unknown) => {
      this.#logger.error({ message: message.name, reason: describeError(error) }, 'A message could not be kept')
    })
  }

  /** What the agent did, in words that its owner understands. */
  activity(kind: ActivityKind, message: string, camera?: Id): void {
    const body = { kind, message: message.slice(0, MESSAGE_LENGTH_MAX), ...(camera && { camera }) }
    this.#logger.info({ activity: kind, camera }, message)
    this.#onActivity(message, camera)
    this.tell({ name: 'activity', body })
  }
}
