/** One measured value beside that of a peer or a limit. */
export interface Figure {
  readonly name: string
  readonly value: number
  readonly unit: string
  /** What it is compared with. */
  readonly peer: string
  readonly peerValue: number
  readonly ratio: number
  readonly better: 'lower' | 'higher'
  readonly runs: number
  /** From the lowest to the highest value, as a share of the median. */
  readonly spread: number
}

/** How much is spent on a measurement. */
export interface Effort {
  readonly runs: number
  /** How long processor time is watched. */
  readonly windowMs: number
  /** How long an idle agent is watched. */
  readonly idleMs: number
  /** How long streams are recorded. */
  readonly mediaMs: number
}

/** A group of figures that are measured together. */
export type Measure = (effort: Effort) => Promise<readonly Figure[]>

/** The value in the middle. Throws RangeError where there is none. */
function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted[Math.floor(sorted.length / 2)]
  if (middle === undefined) throw new RangeError('Nothing was measured')
  const below = sorted.length % 2 === 0 ? (sorted[sorted.length / 2 - 1] ?? middle) : middle
  return (middle + below) / 2
}

type Told = Pick<Figure, 'name' | 'unit' | 'peer' | 'better'>

/** A figure of several runs; `peerValues` holds one value alone where it is a limit. */
export function figureOf(told: Told, values: readonly number[], peerValues: readonly number[]): Figure {
  const value = median(values)
  const peerValue = median(peerValues)
  const { name, unit, peer, better } = told
  return {
    name,
    value: rounded(value),
    unit,
    peer,
    peerValue: rounded(peerValue),
    ratio: share(value, peerValue),
    better,
    runs: values.length,
    spread: value === 0 ? 0 : rounded((Math.max(...values) - Math.min(...values)) / value),
  }
}

/** Nothing beside nothing is as much. */
function share(value: number, of: number): number {
  return value === of ? 1 : rounded(value / of)
}

/** To three significant digits: more would pretend. */
function rounded(value: number): number {
  return Number(value.toPrecision(3))
}

/** Runs a measurement several times, one after the other. */
export async function repeat<T>(runs: number, measure: () => Promise<T>): Promise<T[]> {
  const results: T[] = []
  while (results.length < runs) results.push(await measure())
  return results
}
