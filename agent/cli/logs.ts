import { systemClock } from '../base/clock.ts'
import { errorKind, LenscapError } from '../base/errors.ts'
import { controlPath } from '../commands/control.ts'
import { askAgent } from '../commands/control-client.ts'
import { readLogLines, timeOfLine } from '../commands/log-file.ts'
import { loadConfig } from '../config/load.ts'
import { EXIT, type Output, wrapped } from './output.ts'

interface LogsRequest {
  readonly follow: boolean
  /** How many of the newest; all where it is absent. */
  readonly lines?: number
  /** UTC ms. */
  readonly sinceMs?: number
}

/** Behind the day, the time and the level. */
const INDENT = ' '.repeat(21)

const fold = (line: string, width: number | undefined) => (width === undefined ? line : wrapped(line, width, INDENT))

/** Between two looks for an agent that is to be followed and does not run. */
const LOOK_EVERY_MS = 1000

/**
 * `logs`: what the agent logged, from the box's disk and from the running agent, so that the end of one that has died is
 * there as well; with `follow`, on and on, through restarts, until the signal fires.
 */
export async function showLogs(
  configPath: string,
  { follow, lines, sinceMs = Number.NEGATIVE_INFINITY }: LogsRequest,
  output: Output,
  signal: AbortSignal,
): Promise<number> {
  const { stateDir } = await loadConfig(configPath)
  const show = (line: string) => output.line(line, () => fold(logLine(line), output.width))
  const seen = new Seen()
  const kept = await keptLines(stateDir, signal)
  if (kept.length === 0 && !follow) {
    throw new LenscapError('invalid', `No agent has logged anything with ${configPath}: start it with "run"`)
  }
  for (const line of kept) seen.isNew(line)
  const wanted = kept.filter((line) => (timeOfLine(line) ?? 0) >= sinceMs)
  for (const line of lines === undefined ? wanted : wanted.slice(wanted.length - Math.min(lines, wanted.length))) {
    show(line)
  }
  while (follow && !signal.aborted) {
    // The last words of one that has ended are on the disk alone.
    for (const line of await keptLines(stateDir, signal)) if (seen.isNew(line)) show(line)
    for await (const line of ofRunning(stateDir, true, signal)) if (seen.isNew(line)) show(line)
    await systemClock.sleep(LOOK_EVERY_MS, signal).catch(() => {})
  }
  return EXIT.done
}

/** Of the disk and of the running agent, in their order: a full disk lacks what the agent still knows. */
async function keptLines(stateDir: string, signal: AbortSignal): Promise<string[]> {
  const lines = new Set(onDisk(stateDir))
  for await (const line of ofRunning(stateDir, false, signal)) lines.add(line)
  return [...lines]
    .map((line) => ({ line, ms: timeOfLine(line) ?? 0 }))
    .toSorted((a, b) => a.ms - b.ms)
    .map(({ line }) => line)
}

function onDisk(stateDir: string): string[] {
  try {
    return readLogLines(stateDir)
  } catch (cause) {
    throw new LenscapError('refused', `Can't read the log in ${stateDir}: run this as the agent's user`, {}, cause)
  }
}

async function* ofRunning(stateDir: string, follow: boolean, signal: AbortSignal): AsyncGenerator<string> {
  try {
    for await (const answer of askAgent(controlPath(stateDir), { ask: 'logs', follow }, signal)) {
      if ('log' in answer) yield answer.log
    }
  } catch (error) {
    if (errorKind(error) !== 'unreachable') throw error
  }
}

const SEEN_MAX = 20_000

/** Which lines were shown: they carry their milliseconds, so that hardly any is there twice. */
class Seen {
  readonly #lines = new Set<string>()

  isNew(line: string): boolean {
    if (this.#lines.has(line)) return false
    this.#lines.add(line)
    for (const oldest of this.#lines) {
      if (this.#lines.size <= SEEN_MAX) break
      this.#lines.delete(oldest)
    }
    return true
  }
}

const LEVELS: Readonly<Record<number, string>> = { 20: 'debug', 30: 'info', 40: 'warn', 50: 'ERROR' }

/** A line of JSON for a person: day and time (UTC), level, message, then the rest. */
export function logLine(line: string): string {
  const { level, time, msg, ...rest }: Record<string, unknown> = JSON.parse(line)
  const more = Object.entries(rest).map(
    ([key, value]) => `${key}=${typeof value === 'object' ? JSON.stringify(value) : value}`,
  )
  const when = String(time).slice(5, 19).replace('T', ' ')
  return [when, (LEVELS[Number(level)] ?? '').padEnd(5), msg, ...more].join(' ')
}
