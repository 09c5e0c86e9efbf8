import { LenscapError } from '../base/errors.ts'
import { type AgentState, type ControlRequest, controlPath, type News } from '../commands/control.ts'
import { askAgent } from '../commands/control-client.ts'
import { loadConfig } from '../config/load.ts'
import { EXIT, type Output } from './output.ts'
import { headOf, watchOnScreen } from './watch-screen.ts'

const ask = async (configPath: string, request: ControlRequest, signal: AbortSignal) =>
  askAgent(controlPath((await loadConfig(configPath)).stateDir), request, signal)

/** The state of the agent that runs with this state folder; undefined where none does, or it can't be asked. */
export async function runningState(stateDir: string): Promise<AgentState | undefined> {
  try {
    const signal = AbortSignal.timeout(2000)
    for await (const answer of askAgent(controlPath(stateDir), { ask: 'state' }, signal)) {
      if ('state' in answer) return answer.state
    }
  } catch {
    // None runs, or it is another user's: what the disk tells has to do.
  }
  return undefined
}

/** `config reload`: has the running agent read its file again, and says what counts now and what after a restart. */
export async function reloadConfig(configPath: string, output: Output, signal: AbortSignal): Promise<number> {
  for await (const answer of await ask(configPath, { ask: 'reload' }, signal)) {
    if (!('reloaded' in answer)) continue
    const { applied, restart, fault } = answer.reloaded
    if (fault !== '') throw new LenscapError('invalid', `${fault}\nThe former configuration stays.`)
    output.answer(answer.reloaded, () => {
      const lines = [
        ...(applied.length > 0 ? [`Counts now: ${applied.join(', ')}`] : []),
        ...(restart.length > 0 ? [`Counts after a restart: ${restart.join(', ')}`] : []),
      ]
      return lines.join('\n') || 'Nothing has changed; password files were read again'
    })
    return restart.length > 0 ? EXIT.partly : EXIT.done
  }
  throw new LenscapError('unreachable', 'The agent went away before it answered: try again')
}

/** `watch`: the running agent, live, until the signal fires: on a terminal as one screen, else line by line. */
export async function watchAgent(configPath: string, output: Output, signal: AbortSignal): Promise<number> {
  const answers = await ask(configPath, { ask: 'watch' }, signal)
  if (output.isTerminal && !output.json) {
    const fresh = async () => {
      for await (const answer of await ask(configPath, { ask: 'state' }, signal)) {
        if ('state' in answer) return answer.state
      }
      return undefined
    }
    await watchOnScreen(answers, fresh, output, signal)
  } else for await (const answer of answers) output.line(JSON.stringify(answer), () => newsLine(answer))
  if (signal.aborted) return EXIT.done
  throw new LenscapError('unreachable', 'The agent has stopped: "lenscap-agent logs" shows its last words')
}

function newsLine(answer: { state?: AgentState; news?: News } | object): string {
  if ('news' in answer && answer.news) {
    const { at, kind, camera, text } = answer.news as News
    return [new Date(at).toISOString().slice(11, 19), kind.padEnd(10), camera ?? '', text]
      .filter((part) => part !== '')
      .join(' ')
  }
  if ('state' in answer && answer.state) return headOf(answer.state as AgentState).join('\n')
  return ''
}
