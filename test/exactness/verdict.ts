import type { Accepted } from './life.ts'

export interface Verdict {
  readonly name: 'telemetry-exactness'
  /** Messages that were said to be accepted. */
  readonly tried: number
  readonly survived: number
  readonly lost: number
  /** Messages that the records hold more than once. */
  readonly doubled: number
  /** Accepted by the disk, but the sender died before it could say so: may be in the records, at most once. */
  readonly unsaid: number
}

/** @param records the bridge's, `number life` as the sender wrote it */
export function judge(accepted: readonly Accepted[], records: readonly string[]): Verdict {
  const counts = new Map<string, number>()
  for (const record of records) counts.set(record, (counts.get(record) ?? 0) + 1)
  const said = new Set(accepted.map(({ number, life }) => `${number} ${life}`))
  const survived = [...said].filter((text) => counts.has(text)).length
  return {
    name: 'telemetry-exactness',
    tried: said.size,
    survived,
    lost: said.size - survived,
    doubled: [...counts.values()].filter((count) => count > 1).length,
    unsaid: [...counts.keys()].filter((text) => !said.has(text)).length,
  }
}
