import { inspect } from 'node:util'

const HIDDEN = '[secret]'

/** A value that cannot be printed: a log, an error, JSON and `inspect` all show `[secret]`. */
export class Secret<T = string> {
  readonly #value: T

  constructor(value: T) {
    this.#value = value
  }

  /** The value itself, for the one place that sends or compares it. */
  reveal(): T {
    return this.#value
  }

  toString(): string {
    return HIDDEN
  }

  toJSON(): string {
    return HIDDEN
  }

  [inspect.custom](): string {
    return HIDDEN
  }
}

/** What a camera or a service asks for before it answers. */
export interface Credential {
  readonly username: string
  readonly password: Secret
}

/** Whether both ask to be let in as the same user with the same password. */
export const sameCredential = (a: Credential | undefined, b: Credential | undefined): boolean =>
  a === b ||
  (a !== undefined && b !== undefined && a.username === b.username && a.password.reveal() === b.password.reveal())
