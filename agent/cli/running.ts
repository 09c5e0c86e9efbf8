import { LenscapError } from '../base/errors.ts'
import { type AgentState, type ControlRequest, controlPath, type News } from '../commands/control.ts'
import { askAgent } from '../commands/control-client.ts'
import { loadConfig } from '../config/load.ts'
import { EXIT, type Output, table } from './output.ts'

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

const NEWS_SHOWN = 8

/** `watch`: the running agent, live, until the signal fires: on a terminal as one screen, else line by line. */
export async function watchAgent(configPath: string, output: Output, signal: AbortSignal): Promise<number> {
  const screen = output.isTerminal && !output.json
  const news: News[] = []
  for (let answers = await ask(configPath, { ask: 'watch' }, signal); !signal.aborted; ) {
    let state: AgentState | undefined
    for await (const answer of answers) {
      if ('state' in answer) state = answer.state
      if ('news' in answer) news.push(answer.news)
      if (!screen) output.line(JSON.stringify(answer), () => newsLine(answer))
      else if (state) {
        // The counts are as old as the question: it is asked again at each piece of news.
        state = ('news' in answer && (await freshState(configPath, signal))) || state
        output.raw(`\x1b[H\x1b[2J${screenOf(state, news.slice(-NEWS_SHOWN), output.width ?? 80)}\n`)
      }
    }
    if (signal.aborted) break
    throw new LenscapError('unreachable', 'The agent has stopped')
  }
  return EXIT.done
}

async function freshState(configPath: string, signal: AbortSignal): Promise<AgentState | undefined> {
  for await (const answer of await ask(configPath, { ask: 'state' }, signal)) if ('state' in answer) return answer.state
  return undefined
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

/** The lines above the cameras. */
export function headOf(state: AgentState): string[] {
  const { spool, sent } = state
  const link = state.connected ? 'connected' : `not connected${state.trouble === '' ? '' : `: ${state.trouble}`}`
  return [
    `Lenscap ${state.version}, agent ${state.agent}, up ${duration(state.uptimeS)}, ${mib(state.residentBytes)}`,
    `Broker   ${link}${state.settledBy === 'broker' ? ' (no bridge: its word counts)' : ''}`,
    `Queue    ${spool.messages} messages wait, ${spool.dropped} were let go`,
    `Media    ${sent.items} items left, ${mib(sent.bytes)}; the cap is ${state.cap ? 'ON' : 'off'}`,
  ]
}

export function screenOf(state: AgentState, news: readonly News[], width: number): string {
  const rows = state.cameras.map(({ name, address, level, codes, last, lastAt }) => {
    const when = lastAt === null ? '' : `${new Date(lastAt).toISOString().slice(11, 19)} `
    return [name, address, level, codes.join(' '), when + last]
  })
  const names = new Map(state.cameras.map(({ camera, name }) => [camera, name]))
  const told = news.map(({ at, camera, text }) => {
    return `${new Date(at).toISOString().slice(11, 19)} ${camera ? `${names.get(camera) ?? camera}: ` : ''}${text}`
  })
  const cut = (line: string) => (line.length > width ? `${line.slice(0, width - 1)}…` : line)
  const cameras = table(['NAME', 'ADDRESS', 'LEVEL', 'DIAGNOSIS', 'LAST (UTC)'], rows, width)
  return [...headOf(state).map(cut), '', cameras, '', ...told.map(cut), '', 'Ctrl-C ends this view'].join('\n')
}

const mib = (bytes: number) => `${(bytes / 1_048_576).toFixed(1)} MiB`

function duration(seconds: number): string {
  if (seconds < 120) return `${Math.round(seconds)} s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return `${minutes} min`
  const hours = Math.floor(minutes / 60)
  return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} days`
}
