import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Person } from '../accounts/accounts.ts'
import { SESSION_MS, type Session, type Sessions } from '../accounts/sessions.ts'
import { CHANGE_HEADER, type SessionView } from './api.ts'
import { HttpError } from './errors.ts'

/** Cookies and who holds them. Over HTTPS the name's prefix makes the browser itself insist on Secure and on this host. */
export class Auth {
  readonly #sessions: Sessions
  readonly #secure: boolean

  constructor(sessions: Sessions, publicUrl: () => URL) {
    this.#sessions = sessions
    this.#secure = publicUrl().protocol === 'https:'
  }

  /** The session's token, if the request carries one. */
  token(request: FastifyRequest): string | undefined {
    return this.tokenIn(request.cookies)
  }

  tokenIn(cookies: Readonly<Record<string, string | undefined>>): string | undefined {
    return cookies[this.#cookie]
  }

  /** Who asks. @throws HttpError 401 for nobody */
  async person(request: FastifyRequest): Promise<Person> {
    return await this.personOf(this.token(request))
  }

  /** Whose session this is. @throws HttpError 401 for nobody's */
  async personOf(token: string | undefined): Promise<Person> {
    const person = token === undefined ? undefined : await this.#sessions.find(token)
    if (!person) throw new HttpError(401, 'signed-out', 'Sign in first')
    return person
  }

  setCookie(reply: FastifyReply, session: Session): void {
    reply.setCookie(this.#cookie, session.token, { ...this.#attributes(), maxAge: SESSION_MS / 1000 })
  }

  clearCookie(reply: FastifyReply): void {
    reply.clearCookie(this.#cookie, this.#attributes())
  }

  get #cookie(): string {
    return this.#secure ? '__Host-lenscap' : 'lenscap'
  }

  #attributes() {
    return { path: '/', httpOnly: true, sameSite: 'strict', secure: this.#secure } as const
  }
}

export const sessionView = ({ account, user, name, username }: Person): SessionView => ({
  account,
  user,
  name,
  username,
})

/** Refuses changes without the header that no form or image of another site can send. */
export async function demandChangeHeader(request: FastifyRequest): Promise<void> {
  if (['GET', 'HEAD', 'OPTIONS'].includes(request.method)) return
  if (request.headers[CHANGE_HEADER] === undefined) {
    throw new HttpError(403, 'refused', `Changes need the header ${CHANGE_HEADER}`)
  }
}
