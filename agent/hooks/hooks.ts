import { existsSync } from 'node:fs'
import type { HookCall, LedState } from '../../firmware-hooks/hooks/hook-event.ts'
import { runHooks, timeoutOf } from '../../firmware-hooks/hooks/run-hooks.ts'
import { Channel } from '../base/channel.ts'
import type { Clock } from '../base/clock.ts'
import type { Logger } from '../base/logger.ts'

const WAITING_MAX = 256

export interface HooksDeps {
  /** Looked through in this order; what is missing holds no hooks. */
  readonly hooksDirs: readonly string[]
  readonly stateDir: string
  readonly clock: Clock
  readonly logger: Logger
  /** When it fires, hooks under way are ended. */
  readonly signal: AbortSignal
}

/** Calls the box's hooks, one event after the other in the order in which they happened; the light's beside them. */
export class Hooks {
  readonly #deps: HooksDeps
  readonly #waiting = new Channel<HookCall>(WAITING_MAX)
  readonly #running: Promise<void>
  #lightWanted: LedState | undefined
  #light: Promise<void> | undefined

  constructor(deps: HooksDeps) {
    this.#deps = deps
    this.#running = this.#run()
  }

  /** Whether anybody put hooks on this box. */
  any(): boolean {
    return this.#deps.hooksDirs.some((folder) => existsSync(folder))
  }

  /** Never throws, and holds nobody up. */
  call(call: HookCall): void {
    const { dropped } = this.#waiting
    this.#waiting.push(call)
    if (this.#waiting.dropped === dropped) return
    this.#deps.logger.warn({ event: call.event }, 'Hooks are too slow: the oldest event was let go')
  }

  /** For what must be done before the agent goes on. Waits for these hooks at most as long as they may take. Never throws. */
  async callAndWait(call: HookCall): Promise<void> {
    const { hooksDirs, stateDir, clock, logger, signal } = this.#deps
    const { event } = call
    const options = { hooksDirs, stateDir, signal, atMs: clock.nowMs(), timeoutMs: timeoutOf(event) }
    for (const { hook, outcome, detail, output } of await runHooks(call, options)) {
      const said = output === '' ? {} : { output }
      if (outcome !== 'done') logger.warn({ event, hook, outcome, detail, ...said }, 'A hook did not succeed')
      else if (output !== '') logger.info({ event, hook, output }, 'A hook said something')
    }
  }

  /** The light lags behind no queue: while its hooks run, only the newest state is kept. */
  light(state: LedState): void {
    this.#lightWanted = state
    this.#light ??= this.#shine()
  }

  /** When those that wait were called. */
  async end(): Promise<void> {
    this.#waiting.close()
    await this.#running
    await this.#light
  }

  async #shine(): Promise<void> {
    let shown: LedState | undefined
    while (this.#lightWanted !== undefined && this.#lightWanted !== shown) {
      shown = this.#lightWanted
      await this.callAndWait({ event: 'led', facts: { state: shown } })
    }
    this.#light = undefined
  }

  async #run(): Promise<void> {
    for await (const call of this.#waiting) await this.callAndWait(call)
  }
}
