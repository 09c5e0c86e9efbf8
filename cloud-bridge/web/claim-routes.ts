import type { FastifyInstance } from 'fastify'
import { errorKind } from '../../agent/base/errors.ts'
import { ClaimPoll, ClaimRequest, DEVICE_PATHS } from '../../agent/protocol/claim.ts'
import { Id } from '../../agent/protocol/envelope.ts'
import type { Claims } from '../devices/claims.ts'
import { API, TakeClaimRequest } from './api.ts'
import type { Auth } from './auth.ts'
import { HttpError, notFound, parseRequest } from './errors.ts'

const OFFERS = { config: { rateLimit: { max: 30, timeWindow: 60_000 } } }
const POLLS = { config: { rateLimit: { max: 600, timeWindow: 60_000 } } }

/** What a box asks before it has a token. */
export function deviceClaimRoutes(app: FastifyInstance, claims: Claims): void {
  app.post(DEVICE_PATHS.claims, OFFERS, async (request, reply) => {
    return reply.code(201).send(await claims.offer(parseRequest(ClaimRequest, request.body)))
  })

  app.post<{ Params: { claim: string } }>(`${DEVICE_PATHS.claims}/:claim`, POLLS, async (request, reply) => {
    const claim = Id.safeParse(request.params.claim)
    if (!claim.success) throw notFound()
    const { proof } = parseRequest(ClaimPoll, request.body)
    const result = await claims.poll(claim.data, proof).catch((error: unknown) => {
      throw errorKind(error) === 'invalid' ? notFound() : error
    })
    return reply
      .code(result.state === 'pending' ? 202 : 200)
      .header('cache-control', 'no-store')
      .send(result)
  })
}

/** What an owner does with the code that a box shows. */
export function ownerClaimRoutes(app: FastifyInstance, { claims, auth }: { claims: Claims; auth: Auth }): void {
  app.post(`${API}/claims`, async (request) => {
    const { account } = await auth.person(request)
    const { userCode } = parseRequest(TakeClaimRequest, request.body)
    return claims.take(account, userCode).catch((error: unknown) => {
      if (errorKind(error) !== 'refused') throw error
      throw new HttpError(404, 'unknown-code', error instanceof Error ? error.message : '')
    })
  })
}
