import { pino } from 'pino'
import type { Logger } from '../base/logger.ts'

/** JSON lines on standard error. `Secret` values print as `[secret]` by themselves; known field names are struck as well. */
export const openLogger = (level: string): Logger =>
  pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: { paths: ['password', 'token', '*.password', '*.token', '*.authorization'], censor: '[secret]' },
    },
    pino.destination({ dest: 2, sync: true }),
  )
