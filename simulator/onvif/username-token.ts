import { createHash, timingSafeEqual } from 'node:crypto'
import { child, descend, type XmlElement } from '../discovery/xml.ts'
import type { PasswordOf } from './http-digest.ts'
import { ReplayGuard } from './replay.ts'

export type TokenVerdict =
  | { readonly kind: 'accepted'; readonly user: string }
  | { readonly kind: 'refused'; readonly user: string; readonly why: 'password' | 'time' | 'replay' }

const CREATED_WINDOW_MS = 5 * 60_000

/** Checks WS-UsernameToken with a password digest (WSS UsernameToken Profile 1.0, 3.1) against the camera's own clock. */
export class UsernameTokens {
  readonly #passwordOf: PasswordOf
  readonly #cameraNow: () => number
  readonly #replays = new ReplayGuard()

  constructor(passwordOf: PasswordOf, cameraNow: () => number) {
    this.#passwordOf = passwordOf
    this.#cameraNow = cameraNow
  }

  /** Says undefined where the envelope's header holds no token. */
  check(header: XmlElement | undefined): TokenVerdict | undefined {
    const token = descend(header, 'Security', 'UsernameToken')
    if (!token) return undefined
    const user = child(token, 'Username')?.text ?? ''
    const created = child(token, 'Created')?.text ?? ''
    const nonce = child(token, 'Nonce')?.text ?? ''
    const createdMs = Date.parse(created)
    const now = this.#cameraNow()
    // A camera compares the time first: a skewed client sees the same refusal as one with a wrong password.
    if (!(Math.abs(createdMs - now) <= CREATED_WINDOW_MS)) return { kind: 'refused', user, why: 'time' }
    const password = this.#passwordOf(user)
    const expected = createHash('sha1')
      .update(Buffer.from(nonce, 'base64'))
      .update(created)
      .update(password ?? '')
      .digest()
    const given = Buffer.from(child(token, 'Password')?.text ?? '', 'base64')
    const fits = given.length === expected.length && timingSafeEqual(given, expected)
    if (!fits || password === undefined) return { kind: 'refused', user, why: 'password' }
    if (!this.#replays.isFirstUse(nonce, now, createdMs + CREATED_WINDOW_MS))
      return { kind: 'refused', user, why: 'replay' }
    return { kind: 'accepted', user }
  }
}
