import { type HookEvent, runHooks } from '../../firmware-hooks/hooks/run-hooks.ts'
import { Channel } from '../base/channel.ts'
import { describeError } from '../base/errors.ts'
import type { Logger } from '../base/logger.ts'

const HOOK_MS = 30_000
const WAITING_MAX = 256

interface Call {
  readonly event: HookEvent
  readonly facts: object
}

/** Calls the box's hooks, one event after the other in the order in which they happened; when it stops, those under way end. */
export class Hooks {
  readonly #hooksDir: string
  readonly #logger: Logger
  readonly #signal: AbortSignal
  readonly #waiting = new Channel<Call>(WAITING_MAX)
  readonly #running: Promise<void>

  constructor(hooksDir: string, logger: Logger, signal: AbortSignal) {
    this.#hooksDir = hooksDir
    this.#logger = logger
    this.#signal = signal
    this.#running = this.#run()
  }

  /** Never throws, and holds nobody up. */
  call(event: HookEvent, facts: object): void {
    const { dropped } = this.#waiting
    this.#waiting.push({ event, facts })
    if (this.#waiting.dropped > dropped) this.#logger.warn({ event }, 'Hooks are too slow: the oldest event was let go')
  }

  async end(): Promise<void> {
    this.#waiting.close()
    await this.#running
  }

  async #run(): Promise<void> {
    for await (const { event, facts } of this.#waiting) {
      try {
        const options = { hooksDir: this.#hooksDir, facts, timeoutMs: HOOK_MS, signal: this.#signal }
        for (const { hook, outcome, detail } of await runHooks(event, options)) {
          if (outcome !== 'done') this.#logger.warn({ event, hook, outcome, detail }, 'A hook did not succeed')
        }
      } catch (error) {
        this.#logger.warn({ event, reason: describeError(error) }, 'Hooks could not be called')
      }
    }
  }
}
