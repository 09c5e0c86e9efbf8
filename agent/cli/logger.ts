import { pino } from 'pino'
import type { Logger } from '../base/logger.ts'
import { Keep } from '../commands/keep.ts'

export interface AgentLogger {
  readonly logger: Logger
  /** The newest lines, for `logs`. */
  readonly lines: Keep<string>
  setLevel(level: string): void
}

const LINES_KEPT_MAX = 1000

/** JSON lines on standard error. `Secret` values print as `[secret]` by themselves; known field names are struck as well. */
export function openLogger(level: string): AgentLogger {
  const lines = new Keep<string>(LINES_KEPT_MAX)
  const out = pino.destination({ dest: 2, sync: true })
  const logger = pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: { paths: ['password', 'token', '*.password', '*.token', '*.authorization'], censor: '[secret]' },
    },
    {
      write: (line: string) => {
        out.write(line)
        lines.push(line.trimEnd())
      },
    },
  )
  const setLevel = (wanted: string) => {
    logger.level = wanted
  }
  return { logger, lines, setLevel }
}
