import type { FaultName } from '../../faults/fault.ts'
import type { FaultSwitches } from '../../faults/switches.ts'
import { SESSION_TIMEOUT_S } from '../session.ts'

const BEGINNING = ['DESCRIBE', 'SETUP', 'PLAY']

/** What keeps a session alive, where not everything does. */
const MANNERS: Partial<Record<FaultName, readonly string[]>> = {
  'rtsp-keep-alive-options': [...BEGINNING, 'OPTIONS'],
  'rtsp-keep-alive-parameter': [...BEGINNING, 'GET_PARAMETER'],
}

/** Whether a sign of life (a method, or any other word for what came) keeps the session alive. */
export function keepsAlive(sign: string, faults: FaultSwitches): boolean {
  for (const [signs] of faults.active(MANNERS)) if (!signs.includes(sign)) return false
  return true
}

const TIMEOUTS: Partial<Record<FaultName, true>> = { 'rtsp-timeout-short': true, 'rtsp-timeout-untold': true }

/** How long a silent client's session lives. */
export function sessionTimeoutMs(faults: FaultSwitches): number {
  const told = [...faults.active(TIMEOUTS)].map(([, seconds]) => Math.max(1, seconds))
  return Math.min(SESSION_TIMEOUT_S, ...told) * 1000
}
