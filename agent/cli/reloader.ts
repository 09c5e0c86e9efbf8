import { type FSWatcher, watch } from 'node:fs'
import { basename, dirname } from 'node:path'
import { describeError } from '../base/errors.ts'
import type { Reloaded } from '../commands/control.ts'
import { readCredentials } from '../config/load.ts'
import type { AgentConfig } from '../config/schema.ts'
import type { Agent } from './agent.ts'
import type { AgentLogger } from './logger.ts'
import { loadChecked } from './places.ts'
import { changedKeys } from './reload.ts'

interface ReloaderDeps {
  readonly configPath: string
  readonly config: AgentConfig
  readonly agent: Pick<Agent, 'use'>
  readonly log: AgentLogger
}

/** Editors write in several steps. */
const SETTLE_MS = 500

/** Takes over a changed configuration while the agent runs: what can be, at once; a file with a fault, not at all. */
export class Reloader {
  readonly #deps: ReloaderDeps
  #config: AgentConfig

  constructor(deps: ReloaderDeps) {
    this.#deps = deps
    this.#config = deps.config
  }

  /** Says what came of it. Never throws. */
  async reload(): Promise<Reloaded> {
    const { configPath, agent, log } = this.#deps
    try {
      const config = await loadChecked(configPath)
      const credentials = await readCredentials(config)
      const changed = changedKeys(this.#config, config)
      // A password may have changed in its file, of which the configuration knows the name alone.
      agent.use(config, credentials)
      log.setLevel(config.log)
      this.#config = config
      log.logger.info(changed, 'The configuration was read again')
      if (changed.restart.length > 0) log.logger.warn({ keys: changed.restart }, 'These count after a restart')
      return { ...changed, fault: '' }
    } catch (error) {
      const fault = describeError(error)
      log.logger.error({ fault }, 'The configuration has a fault: the former one stays')
      return { applied: [], restart: [], fault }
    }
  }

  /** Reloads when the file changes, and at SIGHUP where no terminal is behind that. */
  watch(): Disposable {
    const { configPath } = this.#deps
    let timer: NodeJS.Timeout | undefined
    const soon = () => {
      clearTimeout(timer)
      timer = setTimeout(() => void this.reload(), SETTLE_MS).unref()
    }
    const watcher = watchFile(configPath, soon)
    process.on('SIGHUP', soon)
    return {
      [Symbol.dispose]: () => {
        clearTimeout(timer)
        watcher?.close()
        process.off('SIGHUP', soon)
      },
    }
  }
}

/** By its folder, since editors put a new file in its place. A system without watchers left has SIGHUP and the command. */
function watchFile(path: string, onChange: () => void): FSWatcher | undefined {
  try {
    const watcher = watch(dirname(path), (_, name) => {
      if (name === basename(path)) onChange()
    })
    return watcher.on('error', () => watcher.close()).unref()
  } catch {
    return undefined
  }
}
