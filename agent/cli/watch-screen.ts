import { Bell } from '../base/bell.ts'
import { systemClock } from '../base/clock.ts'
import type { AgentState, ControlAnswer, News } from '../commands/control.ts'
import { type Output, printable, table } from './output.ts'

const NEWS_SHOWN_MAX = 8
const NEWS_SHOWN_MIN = 3

/** The counts are as old as the question: it is asked again this often, and at each piece of news. */
const LOOK_EVERY_MS = 1000
/** No eye needs more, and a storm of events must not become one of screens. */
const DRAW_SPACING_MS = 200

/** Draws until the answers end. @param fresh the state as it is now; undefined where the agent has gone */
export async function watchOnScreen(
  answers: AsyncIterable<ControlAnswer>,
  fresh: () => Promise<AgentState | undefined>,
  output: Output,
  signal: AbortSignal,
): Promise<void> {
  const news: News[] = []
  const bell = new Bell(systemClock)
  const over = new AbortController()
  const draw = async () => {
    while (!over.signal.aborted) {
      const state = await fresh().catch(() => undefined)
      if (state && !over.signal.aborted) output.raw(repaint(screenOf(state, news, sizeOf(output))))
      await systemClock.sleep(DRAW_SPACING_MS, over.signal).catch(() => {})
      await bell.wait(LOOK_EVERY_MS)
    }
  }
  process.stdout.on('resize', bell.ring)
  const drawing = draw()
  try {
    for await (const answer of answers) {
      if ('news' in answer) news.push(answer.news)
      if (news.length > NEWS_SHOWN_MAX) news.shift()
      bell.ring()
    }
  } finally {
    over.abort()
    bell.ring()
    process.stdout.off('resize', bell.ring)
    await drawing
    if (signal.aborted) output.raw('\n')
  }
}

/** Over what stands there, line by line: a screen that is wiped first would flicker. */
const repaint = (screen: string): string => `\x1b[H${screen.split('\n').join('\x1b[K\n')}\x1b[K\x1b[J`

const sizeOf = ({ width = 80, height = 24 }: Output) => ({ width, height })

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

/** The screen, within its size: where not all cameras fit, those that need someone come first, and the rest is counted. */
export function screenOf(
  state: AgentState,
  news: readonly News[],
  { width, height }: { readonly width: number; readonly height: number },
): string {
  const names = new Map(state.cameras.map(({ camera, name }) => [camera, name]))
  const told = news.map(({ at, camera, text }) => {
    return `${clockTime(at)} ${camera ? `${names.get(camera) ?? camera}: ` : ''}${text}`
  })
  const cut = (line: string) => (line.length > width ? `${line.slice(0, width - 1)}…` : line)
  const head = headOf(state)
  // Blank lines, the head of the table and the last line stand between them.
  const left = height - head.length - 5
  const few = Math.max(0, Math.min(NEWS_SHOWN_MIN, left - 2))
  const newsLines = Math.min(told.length, Math.max(few, left - state.cameras.length))
  const room = Math.max(1, left - newsLines)
  const fits = state.cameras.length <= room
  const shown = fits ? state.cameras : bySeverity(state.cameras).slice(0, Math.max(1, room - 1))
  const rows = shown.map(({ name, address, level, codes, last, lastAt }) => {
    return [name, address, level, codes.join(' '), lastAt === null ? last : `${clockTime(lastAt)} ${last}`]
  })
  const rest = fits ? [] : [`and ${state.cameras.length - shown.length} more: a taller window shows them`]
  const cameras = table(['NAME', 'ADDRESS', 'LEVEL', 'DIAGNOSIS', 'LAST (UTC)'], rows, { width, narrow: 'cut' })
  const lines = [...head, '', cameras, ...rest, '', ...told.slice(told.length - newsLines), '', 'Ctrl-C ends this view']
  return printable(lines.join('\n')).split('\n').map(cut).join('\n')
}

const clockTime = (ms: number) => new Date(ms).toISOString().slice(11, 19)

/** Those that are not up, or have a diagnosis, before the others; each in their order. */
const bySeverity = (cameras: AgentState['cameras']) => cameras.toSorted((a, b) => Number(isWell(a)) - Number(isWell(b)))

const isWell = ({ level, codes }: AgentState['cameras'][number]) => level === 'up' && codes.length === 0

const mib = (bytes: number) => `${(bytes / 1_048_576).toFixed(1)} MiB`

function duration(seconds: number): string {
  if (seconds < 120) return `${Math.round(seconds)} s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return `${minutes} min`
  const hours = Math.floor(minutes / 60)
  return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} days`
}
