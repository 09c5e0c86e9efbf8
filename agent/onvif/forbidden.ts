import { type ErrorFacts, LenscapError } from '../base/errors.ts'

/** What a device does not let its user do: not asked again. */
export class Forbidden {
  readonly #operations = new Set<string>()

  add(operation: string): void {
    this.#operations.add(operation)
  }

  clear(): void {
    this.#operations.clear()
  }

  /** @throws LenscapError `refused` with the reason `operation` */
  check(operation: string, facts: ErrorFacts): void {
    if (!this.#operations.has(operation)) return
    const says = 'The device refuses this to its user: give the user more rights'
    throw new LenscapError('refused', says, { ...facts, reason: 'operation' })
  }
}
