/** Where the program writes. */
export interface Terminal {
  write(text: string): void
  writeError(text: string): void
  /** How wide it is; 80 where it is none. */
  readonly columns?: number
}

const COLUMNS_USUAL = 80
const COLUMNS_MAX = 120

/** A list in two columns, the second wrapped within itself. */
export function twoColumns(
  rows: readonly (readonly [left: string, right: string])[],
  leftColumns: number,
  { columns = COLUMNS_USUAL }: Terminal,
): string {
  const rightColumns = Math.max(24, Math.min(columns, COLUMNS_MAX) - leftColumns)
  return rows
    .flatMap(([left, right]) =>
      wrap(right, rightColumns).map((line, i) => `${(i === 0 ? left : '').padEnd(leftColumns)}${line}`),
    )
    .join('\n')
}

/** A table whose columns are as wide as their widest cell; the last is as it is. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? []
  return rows
    .map((row) => `  ${row.map((cell, i) => (i === row.length - 1 ? cell : cell.padEnd(widths[i] ?? 0))).join('  ')}`)
    .join('\n')
}

function wrap(text: string, columns: number): string[] {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + 1 + word.length <= columns) lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines
}
