/** What a fault's value means: nothing (it is on or off), or a number in that unit. */
export type FaultValue = 'none' | 'seconds' | 'milliseconds' | 'count' | 'bytes' | 'kilobytes' | 'percent' | 'hertz'

export interface FaultKind {
  readonly value: FaultValue
  /** The value where none is given; without it, one must be given. */
  readonly usual?: number
  readonly help: string
}

/** A fault that is on or off. */
export function plainly(help: string) {
  return { value: 'none', help } as const satisfies FaultKind
}

/** A fault with a number, which may be left out. */
export function usually<Unit extends Exclude<FaultValue, 'none'>>(usual: number, value: Unit, help: string) {
  return { value, usual, help } as const satisfies FaultKind
}
