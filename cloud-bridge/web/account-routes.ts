import type { FastifyInstance } from 'fastify'
import type { Clock } from '../../agent/base/clock.ts'
import { describeError, errorKind } from '../../agent/base/errors.ts'
import type { Logger } from '../../agent/base/logger.ts'
import type { Sessions } from '../accounts/sessions.ts'
import type { Erasure } from '../erasure/erasure.ts'
import type { Exports } from '../holdings/exports.ts'
import { API, EraseRequest, ErasureReceipt, HeldView } from './api.ts'
import type { Auth } from './auth.ts'
import { HttpError, parseRequest } from './errors.ts'
import type { Views } from './views.ts'

export interface AccountRoutesDeps {
  readonly auth: Auth
  readonly sessions: Sessions
  readonly views: Views
  readonly exports: Exports
  readonly erasure: Erasure
  readonly clock: Clock
  readonly logger: Logger
}

const FEW = { config: { rateLimit: { max: 10, timeWindow: 60_000 } } }

/** The owner's rights: see what is held, take it away, have it erased. */
export function accountRoutes(app: FastifyInstance, deps: AccountRoutesDeps): void {
  const { auth, sessions, views, exports, erasure, clock, logger } = deps

  app.get(`${API}/held`, async (request) => {
    const { account } = await auth.person(request)
    return HeldView.parse(await views.held(account))
  })

  app.get(`${API}/export`, { ...FEW, exposeHeadRoute: false }, async (request, reply) => {
    const { account } = await auth.person(request)
    const archive = exports.open(account)
    archive.once('error', (error) => logger.error({ reason: describeError(error) }, 'an export broke off'))
    const day = new Date(clock.nowMs()).toISOString().slice(0, 10)
    return reply
      .type('application/x-tar')
      .header('content-disposition', `attachment; filename="lenscap-${day}.tar"`)
      .send(archive)
  })

  app.delete(`${API}/account`, FEW, async (request, reply) => {
    const person = await auth.person(request)
    const { password } = parseRequest(EraseRequest, request.body)
    await sessions.confirm(person, password, request.ip).catch((error: unknown) => {
      if (errorKind(error) !== 'refused') throw error
      throw new HttpError(403, 'refused', 'This is not your password')
    })
    const receipt = await erasure.erase(person)
    auth.clearCookie(reply)
    return ErasureReceipt.parse(receipt)
  })
}
