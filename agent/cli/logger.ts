import { pino } from 'pino'
import type { Logger } from '../base/logger.ts'
import { Keep } from '../commands/keep.ts'
import type { LogFile } from '../commands/log-file.ts'
import { redactedLine } from './redacted-line.ts'

export interface AgentLogger {
  readonly logger: Logger
  /** The newest lines, for `logs`. */
  readonly lines: Keep<string>
  setLevel(level: string): void
  /** What is kept whatever the level is. */
  note(message: string, level: 'info' | 'warn' | 'error', facts?: object): void
  /** From now on no line holds one of these, whoever passed it by mistake: asked anew for each line. */
  hide(secrets: () => readonly string[]): void
}

const LINES_KEPT_MAX = 1000

/**
 * JSON lines on standard error, in memory and, where there is one, in a file. `Secret` values print as `[secret]` by
 * themselves; known field names are struck as well, and so is every value that is known to be secret.
 */
export function openLogger(level: string, file?: Pick<LogFile, 'append'>): AgentLogger {
  const lines = new Keep<string>(LINES_KEPT_MAX)
  const out = pino.destination({ dest: 2, sync: true })
  let secrets: () => readonly string[] = () => []
  const keep = (raw: string): string => {
    const line = redactedLine(raw.trimEnd(), secrets())
    lines.push(line)
    file?.append(line)
    return line
  }
  const logger = pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: { paths: ['password', 'token', '*.password', '*.token', '*.authorization'], censor: '[secret]' },
    },
    { write: (raw: string) => void out.write(`${keep(raw)}\n`) },
  )
  const note: AgentLogger['note'] = (message, severity, facts = {}) => {
    if (logger.isLevelEnabled(severity)) logger[severity](facts, message)
    else keep(JSON.stringify({ level: pino.levels.values[severity], time: new Date(), ...facts, msg: message }))
  }
  const setLevel = (wanted: string) => {
    logger.level = wanted
  }
  const hide = (wanted: () => readonly string[]) => {
    secrets = wanted
  }
  return { logger, lines, setLevel, note, hide }
}
