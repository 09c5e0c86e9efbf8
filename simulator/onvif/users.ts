import type { Account } from './http-digest.ts'

/** ONVIF's user levels; `Anonymous` can't be given to anyone. */
export const USER_LEVELS = ['Administrator', 'Operator', 'User'] as const
export type UserLevel = (typeof USER_LEVELS)[number]

export interface User {
  readonly password: string
  readonly level: UserLevel
}

export const USERS_MAX = 10

/** Those who may in, by name: the account that the camera was started with, and whom clients made since. */
export class Users {
  readonly #first: Account
  readonly #users = new Map<string, User>()

  constructor(first: Account) {
    this.#first = first
    this.reset()
  }

  /** Leaves the first account alone, as it was. */
  reset(): void {
    this.#users.clear()
    this.#users.set(this.#first.user, { password: this.#first.password, level: 'Administrator' })
  }

  get(name: string): User | undefined {
    return this.#users.get(name)
  }

  list(): (readonly [name: string, user: User])[] {
    return [...this.#users]
  }

  /** Replaces all, so that a change that is refused in its middle changes nothing. */
  replaceBy(users: ReadonlyMap<string, User>): void {
    const next = [...users]
    this.#users.clear()
    for (const [name, user] of next) this.#users.set(name, user)
  }
}
