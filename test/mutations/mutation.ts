/** One way in which the code could be wrong. */
export interface Mutation {
  /** What the product would then do. */
  readonly what: string
  /** File, what stands there exactly once, and what stands there instead: `$&` is what stood there. */
  readonly edits: readonly (readonly [file: string, from: string, to: string])[]
  /** Test files of which at least one must fail. */
  readonly tests: readonly string[]
}
