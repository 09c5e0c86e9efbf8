/** Which numbers of a stream are committed: all up to `upTo`, and those in the inclusive ranges above it. */
export interface Numbers {
  readonly upTo: number
  /** Ascending, neither touching nor overlapping, all above `upTo` + 1. */
  readonly ahead: readonly (readonly [from: number, to: number])[]
}

export const NO_NUMBERS: Numbers = { upTo: 0, ahead: [] }

/** Gaps that a stream may have. A box leaves one wherever its bounded spool had to let messages go. */
export const RANGES_MAX = 1024

export function isCommitted(numbers: Numbers, seq: number): boolean {
  return seq <= numbers.upTo || numbers.ahead.some(([from, to]) => seq >= from && seq <= to)
}

/** Adds a number that is not committed yet. */
export function addNumber(numbers: Numbers, seq: number): Numbers {
  if (seq === numbers.upTo + 1) return swallow({ upTo: seq, ahead: numbers.ahead })
  const before = numbers.ahead.filter(([, to]) => to < seq - 1)
  const after = numbers.ahead.filter(([from]) => from > seq + 1)
  const touching = numbers.ahead.slice(before.length, numbers.ahead.length - after.length)
  const from = Math.min(seq, touching[0]?.[0] ?? seq)
  const to = Math.max(seq, touching.at(-1)?.[1] ?? seq)
  return bounded({ upTo: numbers.upTo, ahead: [...before, [from, to], ...after] })
}

function swallow(numbers: Numbers): Numbers {
  const [first, ...rest] = numbers.ahead
  return first && first[0] === numbers.upTo + 1 ? { upTo: first[1], ahead: rest } : numbers
}

// Beyond the bound the lowest gap counts as lost for good: its box let those messages go long ago.
function bounded(numbers: Numbers): Numbers {
  const [first, ...rest] = numbers.ahead
  return first && numbers.ahead.length > RANGES_MAX ? { upTo: first[1], ahead: rest } : numbers
}
