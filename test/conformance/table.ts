import type { Crawl } from './crawler.ts'

export interface Row {
  readonly profile: string
  readonly crawl: Crawl
  /** Messages that were checked against the schemas, the crawler's and our own. */
  readonly checked: number
  /** What the schemas say against them. */
  readonly complaints: readonly string[]
  /** Operations that the camera knows and that never had an answer but a fault. */
  readonly unanswered: readonly string[]
}

/** With fewer valid answers the crawler has seen next to nothing: it was let in nowhere, for example. */
const VALID_MIN = 40

const COLUMNS = ['valid', 'invalid', 'fault', 'http', 'none'] as const

export function table(rows: readonly Row[]): string {
  const head = ['profile', ...COLUMNS, 'checked', 'bad', 'unanswered']
  const lines = [...rows]
    .sort((a, b) => a.profile.localeCompare(b.profile))
    .map(({ profile, crawl, checked, complaints, unanswered }) => [
      profile,
      ...COLUMNS.map((column) => String(crawl[column])),
      String(checked),
      String(complaints.length),
      String(unanswered.length),
    ])
  const written = [head, ...lines].map((cells) =>
    cells.map((cell, i) => (i === 0 ? cell.padEnd(12) : cell.padStart(head[i]?.length ?? 0))).join('  '),
  )
  return `${written.join('\n')}\n`
}

/** One sentence for everything that isn't as it must be. */
export function failures(rows: readonly Row[]): string[] {
  return rows.flatMap(({ profile, crawl, complaints, unanswered }) => [
    ...(crawl.invalid > 0 ? [`${profile}: the crawler found ${crawl.invalid} invalid answers`] : []),
    ...(crawl.http > 0 ? [`${profile}: ${crawl.http} answers had a status that is neither 200 nor a fault's`] : []),
    ...(crawl.none > 0 ? [`${profile}: ${crawl.none} requests had no answer`] : []),
    ...(crawl.valid < VALID_MIN ? [`${profile}: only ${crawl.valid} valid answers, which proves nothing`] : []),
    ...complaints,
    ...unanswered.map((operation) => `${profile}: ${operation} was never answered but with a fault`),
  ])
}
