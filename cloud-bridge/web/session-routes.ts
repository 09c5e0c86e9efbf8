import type { FastifyInstance, FastifyRequest } from 'fastify'
import { errorKind } from '../../agent/base/errors.ts'
import type { Accounts } from '../accounts/accounts.ts'
import type { Sessions } from '../accounts/sessions.ts'
import { API, SetupRequest, SignInRequest } from './api.ts'
import { type Auth, sessionView } from './auth.ts'
import { HttpError, parseRequest } from './errors.ts'

export interface SessionRoutesDeps {
  readonly accounts: Accounts
  readonly sessions: Sessions
  readonly auth: Auth
  /** The session's streams end with it. */
  readonly onSignedOut: (token: string) => void
}

const FEW = { config: { rateLimit: { max: 30, timeWindow: 60_000 } } }

/** Set-up, signing in and out. */
export function sessionRoutes(
  app: FastifyInstance,
  { accounts, sessions, auth, onSignedOut }: SessionRoutesDeps,
): void {
  app.post(`${API}/setup`, FEW, async (request, reply) => {
    const { token, ...account } = parseRequest(SetupRequest, request.body)
    const session = await sessions.start(await accounts.setUp(token, account))
    auth.setCookie(reply, session)
    return sessionView(session)
  })

  app.post(`${API}/session`, FEW, async (request, reply) => {
    const { username, password } = parseRequest(SignInRequest, request.body)
    const session = await sessions.signIn(username, password, request.ip).catch((error: unknown) => {
      if (errorKind(error) !== 'refused') throw error
      throw new HttpError(401, 'refused', 'User name and password do not fit')
    })
    // Who signs in anew leaves no other session behind in this browser.
    await end(request)
    auth.setCookie(reply, session)
    return sessionView(session)
  })

  app.get(`${API}/session`, async (request) => sessionView(await auth.person(request)))

  app.delete(`${API}/session`, async (request, reply) => {
    await end(request)
    auth.clearCookie(reply)
    return reply.code(204).send()
  })

  async function end(request: FastifyRequest): Promise<void> {
    const token = auth.token(request)
    if (token === undefined) return
    await sessions.end(token)
    onSignedOut(token)
  }
}
