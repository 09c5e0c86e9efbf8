import { existsSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import type { HookCall } from '../../firmware-hooks/hooks/hook-event.ts'
import type { Clock } from '../base/clock.ts'
import { describeError } from '../base/errors.ts'
import { writeFileDurably } from '../base/files.ts'
import { LinkedController } from '../base/linked-controller.ts'
import type { Logger } from '../base/logger.ts'
import type { AgentConfig } from '../config/schema.ts'
import { Cap } from '../consent/cap.ts'
import { Hooks } from '../hooks/hooks.ts'
import { type LedFacts, ledState } from '../hooks/led.ts'
import { type Look, watchBox } from '../hooks/watch.ts'
import { statePaths } from './state.ts'

interface BoxHooksDeps {
  readonly config: Pick<AgentConfig, 'stateDir'>
  readonly configPath: string
  readonly clock: Clock
  readonly logger: Logger
  readonly signal: AbortSignal
  /** For tests. */
  readonly look?: Look
}

/** A service manager waits for its services, but not for long. */
const FAREWELL_MS = 10_000
const FIRST_BOOT_DONE = 'first-boot-done'

/** Those beside the configuration come first: they are root's, and a reset leaves them as well. */
const hooksDirs = (configPath: string, config: Pick<AgentConfig, 'stateDir'>): string[] => [
  ...new Set([join(dirname(resolve(configPath)), 'hooks.d'), statePaths(config).hooks]),
]

const hooksOf = ({ config, configPath, clock, logger, signal }: Omit<BoxHooksDeps, 'look'>) =>
  new Hooks({ hooksDirs: hooksDirs(configPath, config), stateDir: config.stateDir, clock, logger, signal })

/** What the agent tells the box's own programs, and what it looks at for them alone. */
export class BoxHooks implements AsyncDisposable {
  readonly #deps: BoxHooksDeps
  readonly #hooks: Hooks
  /** Fires when hooks are to end, after the agent has. */
  readonly #over: LinkedController
  readonly #watching: Promise<void>
  readonly #lost = new Set<string>()
  #isLow = false
  #led: Omit<LedFacts, 'trouble'>

  constructor(deps: BoxHooksDeps) {
    this.#deps = deps
    const { config, clock, logger, signal } = deps
    this.#over = new LinkedController(signal)
    const { stateDir } = config
    const common = { stateDir, clock, signal: this.#over.signal }
    this.#hooks = hooksOf({ ...deps, signal: this.#over.signal })
    const cap = new Cap(stateDir).isOn()
    this.#led = { stopping: false, ready: false, claimed: true, connected: false, cap }
    this.#shine({})
    this.#watching = watchBox({
      ...common,
      onCall: (call) => this.#hooks.call(call),
      onStorage: (low) => {
        this.#isLow = low
        this.#shine({})
      },
      hasHooks: () => this.#hooks.any(),
      ...(deps.look && { look: deps.look }),
    }).catch((error: unknown) => logger.warn({ reason: describeError(error) }, 'The box is not watched for its hooks'))
  }

  /** Once for each box, and again after a reset; after a power cut in between, again. Waits for the hooks. */
  async firstBoot(): Promise<void> {
    const mark = join(this.#deps.config.stateDir, FIRST_BOOT_DONE)
    if (existsSync(mark)) return
    await this.#hooks.callAndWait({ event: 'first-boot', facts: {} })
    await writeFileDurably(mark, '')
  }

  readonly call = (call: HookCall): void => {
    this.#hooks.call(call)
    if (call.event === 'camera-lost') this.#lost.add(call.facts.camera)
    if (call.event === 'camera-found') this.#lost.delete(call.facts.camera)
    const isCap = call.event === 'cap-on' || call.event === 'cap-off'
    this.#shine(isCap ? { cap: call.event === 'cap-on' } : {})
  }

  /** What changed of what the light shows. */
  show(led: Partial<Pick<LedFacts, 'ready' | 'claimed' | 'connected'>>): void {
    this.#shine(led)
  }

  #shine(led: Partial<LedFacts>): void {
    this.#led = { ...this.#led, ...led }
    this.#hooks.light(ledState({ ...this.#led, trouble: this.#isLow || this.#lost.size > 0 }))
  }

  /** Hooks under way end; of an agent that stops for good, the light is told, for a moment. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#over.abort()
    await this.#hooks.end()
    await this.#watching
    this.#over[Symbol.dispose]()
    if (!this.#deps.signal.aborted) return
    const last = hooksOf({ ...this.#deps, signal: AbortSignal.timeout(FAREWELL_MS) })
    await last.callAndWait({ event: 'led', facts: { state: 'stopping' } })
    await last.end()
  }
}

/** For a box that is wiped: its hooks are the maker's, and stay. Waits for them. */
export async function tellFactoryReset(deps: Omit<BoxHooksDeps, 'look'>): Promise<void> {
  const hooks = hooksOf(deps)
  await hooks.callAndWait({ event: 'factory-reset', facts: {} })
  await hooks.end()
}
