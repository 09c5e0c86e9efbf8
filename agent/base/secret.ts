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
