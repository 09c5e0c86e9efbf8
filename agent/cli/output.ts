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

  /** The answer itself, in one of its two forms. */
  answer(value: unknown, asText: () => string): void {
    this.#write(this.json ? `${JSON.stringify(value)}\n` : `${asText()}\n`)
  }

  /** Something that happened meanwhile. */
  event(value: { readonly event: string }, asText: string): void {
    this.#write(this.json ? `${JSON.stringify(value)}\n` : `${asText}\n`)
  }
}

/** Columns as wide as their widest cell, two spaces apart. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i]?.length ?? 0)))
  return [head, ...rows]
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

/** Says on standard error what went wrong, and gives the exit code for it. */
export function reportFailure(error: unknown): number {
  process.stderr.write(`${describeError(error)}\n`)
  return error instanceof LenscapError && error.kind === 'invalid' ? EXIT.wrongUse : EXIT.failed
}
