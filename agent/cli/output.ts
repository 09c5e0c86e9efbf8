import { describeError, LenscapError } from '../base/errors.ts'

/** Exit codes that people and scripts can rely on. */
export const EXIT = { done: 0, failed: 1, wrongUse: 2, partly: 3 } as const

/** Where a program's answer goes: text for people, or one JSON value per line for programs. */
export class Output {
  readonly json: boolean
  readonly #write: (text: string) => void

  constructor(json: boolean, write: (text: string) => void = (text) => process.stdout.write(text)) {
    this.json = json
    this.#write = write
  }

  /** Columns of the terminal; undefined where a file or another program reads: nothing is cut for those. */
  get width(): number | undefined {
    return process.stdout.isTTY ? process.stdout.columns : undefined
  }

  /** Lines of the terminal. */
  get height(): number | undefined {
    return process.stdout.isTTY ? process.stdout.rows : undefined
  }

  get isTerminal(): boolean {
    return process.stdout.isTTY === true
  }

  /** The answer itself, in one of its two forms. */
  answer(value: unknown, asText: () => string): void {
    this.#write(this.json ? `${JSON.stringify(value)}\n` : `${printable(asText())}\n`)
  }

  /** Something that happened meanwhile. */
  event(value: { readonly event: string }, asText: string): void {
    this.#write(this.json ? `${JSON.stringify(value)}\n` : `${printable(asText)}\n`)
  }

  /** One line that is JSON already. */
  line(json: string, asText: () => string): void {
    this.#write(this.json ? `${json}\n` : `${printable(asText())}\n`)
  }

  /** For a screen that is drawn. */
  raw(text: string): void {
    this.#write(text)
  }
}

/** What cameras call themselves must not move the cursor, colour a terminal, or turn the reading round. */
export const printable = (text: string): string => text.replace(/[^\P{Cc}\n\t]|[\u202a-\u202e\u2066-\u2069]/gu, '·')

/** A column is not cut further than that: what is left would tell nothing. */
const COLUMN_MIN = 8

interface TableOptions {
  /** Columns of the terminal; as wide as it takes where there is none. */
  readonly width?: number | undefined
  /** So many of the first columns are never cut: what a person types into the next command stays readable. */
  readonly whole?: number
  /** Where columns would be cut too far: every row as lines of its own, or cut all the same. */
  readonly narrow?: 'lines' | 'cut'
}

/** Columns as wide as their widest cell, two spaces apart; where that is too wide, the widest are cut. */
export function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  options: TableOptions = {},
): string {
  const { width: widthMax = Number.POSITIVE_INFINITY, whole = 0, narrow = 'lines' } = options
  const widths = head.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i]?.length ?? 0)))
  const least = narrow === 'cut' ? 1 : COLUMN_MIN
  const total = () => widths.reduce((sum, width) => sum + width + 2, -2)
  const widestOf = () => Math.max(0, ...widths.slice(whole))
  for (let widest = widestOf(); total() > widthMax && widest > least; widest = widestOf()) {
    widths[widths.indexOf(widest, whole)] = widest - 1
  }
  if (total() > widthMax && narrow === 'lines') return asLines(head, rows, widthMax)
  const fitted = (cell: string, width: number) =>
    cell.length > width ? `${cell.slice(0, width - 1)}…` : cell.padEnd(width)
  return [head, ...rows]
    .map((row) =>
      row
        .map((cell, i) => fitted(cell, widths[i] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

/** Each row as lines of name and value, whole; empty ones are left out. */
function asLines(head: readonly string[], rows: readonly (readonly string[])[], width: number): string {
  const column = Math.max(...head.map((title) => title.length)) + 2
  return rows
    .map((row) =>
      row
        .flatMap((cell, i) =>
          cell === '' ? [] : [wrapped(`${(head[i] ?? '').padEnd(column)}${cell}`, width, ' '.repeat(column))],
        )
        .join('\n'),
    )
    .join('\n\n')
}

/** Text in lines of at most so many letters, those after the first indented. */
export function wrapped(text: string, width: number, indent: string): string {
  const lines: string[] = []
  let line = ''
  let begun = false
  for (const word of text.split(' ')) {
    const longer = `${line}${begun ? ' ' : ''}${word}`
    if (longer.length > width && line.trim() !== '') {
      lines.push(line.trimEnd())
      line = indent + word
    } else line = longer
    begun = true
  }
  return [...lines, line].join('\n')
}

/** A moment, as people read it: `2026-05-01 06:30:00`, in UTC. */
export const utcTime = (ms: number): string => new Date(ms).toISOString().slice(0, 19).replace('T', ' ')

/** Whether programs read what this one says, however it is called: known before the command line is. */
export const wantsJson = (args: readonly string[]): boolean => args.includes('--json')

/** A complaint as one line of JSON, for programs. */
export const complaint = (error: string, exit: number): string => `${JSON.stringify({ event: 'error', error, exit })}\n`

/** Says on standard error what went wrong, and gives the exit code for it. */
export function reportFailure(error: unknown, json = false): number {
  const code = error instanceof LenscapError && error.kind === 'invalid' ? EXIT.wrongUse : EXIT.failed
  const text = describeError(error)
  process.stderr.write(json ? complaint(text, code) : `${text}\n`)
  return code
}
