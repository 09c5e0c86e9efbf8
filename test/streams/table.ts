import type { Order, Player } from './playback.ts'
import type { Verdict } from './verdict.ts'

/** One line of the table: who played what, and what came of it. */
export interface Played {
  readonly order: Order
  readonly player: Player
  readonly verdict: Verdict
}

const COLUMNS: readonly [title: string, width: number, cell: (played: Played) => string | number][] = [
  ['camera', 14, ({ order }) => order.stream.camera],
  ['profile', 22, ({ order }) => order.stream.profile],
  ['codec', 6, ({ order }) => order.stream.codec],
  ['size', 9, ({ order }) => `${order.stream.width}x${order.stream.height}`],
  [
    'sound',
    9,
    ({ order, verdict }) => (order.stream.sound ? `${order.stream.sound} ${verdict.soundSeconds.toFixed(0)}s` : '-'),
  ],
  ['player', 10, ({ player }) => player],
  ['over', 5, ({ order }) => order.transport],
  ['seconds', -7, ({ order, verdict }) => (verdict.frames / order.stream.framesPerSecond).toFixed(1)],
  ['loops', -6, ({ verdict }) => verdict.loops],
  ['frames', -7, ({ verdict }) => verdict.frames],
  ['decoded', -8, ({ verdict }) => verdict.decoded],
  ['missing', -8, ({ verdict }) => verdict.missing],
  ['wrong', -6, ({ verdict }) => verdict.wrong],
  ['errors', -7, ({ verdict }) => verdict.errors],
]

/** Negative widths align to the right. */
function pad(cell: string | number, width: number): string {
  return width < 0 ? String(cell).padStart(-width) : String(cell).padEnd(width)
}

export const TABLE_HEAD = COLUMNS.map(([title, width]) => pad(title, width)).join(' ')

export function tableRow(played: Played): string {
  const row = COLUMNS.map(([, width, cell]) => pad(cell(played), width)).join(' ')
  return [row, ...played.verdict.faults.map((fault) => `    ${fault}`)].join('\n')
}

/** What the JSON report says of one playback. */
export function jsonRow({ order, player, verdict }: Played) {
  const { stream, transport } = order
  return { ...stream, player, transport, seconds: order.seconds, ...verdict }
}

/** Scenes that came in each form, and how often they began anew while they were watched. */
export function coverage(rows: readonly Played[]): { form: string; scenes: string[]; loopsMin: number }[] {
  const forms = Map.groupBy(rows, ({ order }) => `${order.stream.codec} ${order.stream.width}x${order.stream.height}`)
  return [...forms].map(([form, played]) => ({
    form,
    scenes: [...new Set(played.map(({ verdict }) => verdict.scene))].toSorted(),
    loopsMin: Math.min(...played.map(({ verdict }) => verdict.loops)),
  }))
}
