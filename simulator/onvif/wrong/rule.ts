import type { CameraFacts } from '../facts.ts'

/** Changes an operation's answer, which is a whole envelope. */
export interface AnswerRule {
  /** Those that it changes; all, where it names none. */
  readonly operations?: readonly string[]
  readonly change: (text: string, value: number, facts: CameraFacts) => string
}
