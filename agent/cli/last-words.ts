import { systemClock } from '../base/clock.ts'
import { describeError } from '../base/errors.ts'
import { VERSION } from '../base/version.ts'
import { LogFile, readLogLines } from '../commands/log-file.ts'
import type { AgentConfig } from '../config/schema.ts'
import { type AgentLogger, openLogger } from './logger.ts'

const FAREWELL = 'The agent was told to stop, and has'
const FAILURE = 'The agent ends by a failure'

interface LastWords extends AgentLogger, Disposable {
  /** It ends as it should. */
  farewell(): void
  /** It ends by a failure: why. */
  failed(error: unknown): void
}

/**
 * The running agent's logger, whose lines stay in the state folder: how a life ended is the last that it says, also where
 * nobody caught the failure; and where it could not say anything, the next one does.
 */
export function openLastWords({ log: level, stateDir }: Pick<AgentConfig, 'log' | 'stateDir'>): LastWords {
  const last = lastMessage(stateDir)
  const log = openLogger(level, new LogFile(stateDir, systemClock))
  if (last !== undefined && last !== FAREWELL && last !== FAILURE) {
    log.note('The agent before this one ended without a word: it was killed, or the power was cut', 'warn')
  }
  log.note('The agent begins', 'info', { version: VERSION, pid: process.pid })
  const failed = (error: unknown) => log.note(FAILURE, 'error', { reason: describeError(error) })
  process.on('uncaughtExceptionMonitor', failed)
  return {
    ...log,
    failed,
    farewell: () => log.note(FAREWELL, 'info'),
    [Symbol.dispose]: () => void process.off('uncaughtExceptionMonitor', failed),
  }
}

/** What the life before said last; undefined where there was none, or it can't be read. */
function lastMessage(stateDir: string): unknown {
  try {
    const line = readLogLines(stateDir).at(-1)
    return line === undefined ? undefined : JSON.parse(line).msg
  } catch {
    return undefined
  }
}
