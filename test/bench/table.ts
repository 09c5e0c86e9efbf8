import type { Figure } from './figure.ts'

const HEADINGS = ['', 'value', 'unit', 'peer', 'ratio', 'spread', 'beside'] as const

/** All figures as one table; numbers stand at the right of their columns. */
export function table(figures: readonly Figure[]): string {
  const rows = figures.map(({ name, value, unit, peer, peerValue, ratio, better, spread }) => [
    name,
    String(value),
    unit,
    String(peerValue),
    `${ratio}×`,
    `${Math.round(spread * 100)} %`,
    `${peer}; ${better} is better`,
  ])
  const all = [[...HEADINGS], ...rows]
  const widths = HEADINGS.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)))
  const isNumber = (column: number) => [1, 3, 4, 5].includes(column)
  const line = (row: readonly string[]) =>
    row.map((cell, i) => (isNumber(i) ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0))).join('  ')
  return `${all.map((row) => line(row).trimEnd()).join('\n')}\n`
}
