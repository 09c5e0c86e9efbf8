import { existsSync } from 'node:fs'
import { holdLock } from '../base/database.ts'
import { errorKind } from '../base/errors.ts'
import { type AgentState, controlPath } from '../commands/control.ts'
import { askAgent } from '../commands/control-client.ts'
import { statePaths } from './state.ts'

const TIMEOUT_MS = 2000

/** The running agent's word of itself; `none` where no agent runs, `mute` where one does that can't be asked. */
export async function agentThere(stateDir: string): Promise<AgentState | 'none' | 'mute'> {
  try {
    for await (const answer of askAgent(controlPath(stateDir), { ask: 'state' }, AbortSignal.timeout(TIMEOUT_MS))) {
      if ('state' in answer) return answer.state
    }
    return 'mute'
  } catch (error) {
    return errorKind(error) === 'unreachable' && !isLocked(stateDir) ? 'none' : 'mute'
  }
}

/** The agent holds the lock as long as it lives, even where its socket could not be opened. */
function isLocked(stateDir: string): boolean {
  const { lock } = statePaths({ stateDir })
  if (!existsSync(lock)) return false
  try {
    using _ = holdLock(lock, 'held')
    return false
  } catch {
    return true
  }
}
