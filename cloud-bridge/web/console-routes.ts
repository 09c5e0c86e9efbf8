import type { FastifyInstance, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Clock } from '../../agent/base/clock.ts'
import { newId } from '../../agent/base/ids.ts'
import type { Command } from '../../agent/protocol/bridge.ts'
import { Id, PROTOCOL_VERSION } from '../../agent/protocol/envelope.ts'
import type { Consent } from '../consent/consent.ts'
import type { ForgottenCameras } from '../erasure/forgotten-cameras.ts'
import { API, ConsentRequest } from './api.ts'
import type { Auth } from './auth.ts'
import { HttpError, notFound, parseRequest } from './errors.ts'
import type { Live } from './live.ts'
import type { Views } from './views.ts'

const COMMAND_MS = 30_000
const PageQuery = z.object({
  before: z.coerce.number().int().min(0).default(Number.MAX_SAFE_INTEGER),
  limit: z.coerce.number().int().min(1).max(200).default(50),
})

export interface ConsoleRoutesDeps {
  readonly auth: Auth
  readonly views: Views
  readonly live: Live
  readonly consent: Consent
  readonly forgotten: ForgottenCameras
  readonly clock: Clock
  /** False: the agent is not there. */
  readonly sendCommand: (agent: Id, id: Id, command: Command) => boolean
}

/** What a signed-in owner sees and switches. Every look is at their own account; all else answers 404. */
export function consoleRoutes(app: FastifyInstance, deps: ConsoleRoutesDeps): void {
  const { auth, views, live, consent } = deps

  app.get(`${API}/overview`, async (request) => views.overview((await auth.person(request)).account))

  app.get(`${API}/cameras/:id/events`, async (request) => {
    const { account } = await auth.person(request)
    const camera = await ownCamera(views, account, request)
    return { events: await views.events(account, parseRequest(PageQuery, request.query), camera.id) }
  })

  app.get(`${API}/cameras/:id/items`, async (request) => {
    const { account } = await auth.person(request)
    const camera = await ownCamera(views, account, request)
    return { items: await views.items(account, camera.id, parseRequest(PageQuery, request.query)) }
  })

  app.get(`${API}/cameras/:id/log`, async (request) => {
    const { account } = await auth.person(request)
    const camera = await ownCamera(views, account, request)
    return { logs: await views.logs(account, camera, parseRequest(PageQuery, request.query)) }
  })

  app.put(`${API}/cameras/:id/consent`, async (request) => {
    const person = await auth.person(request)
    const { id, agent } = await ownCamera(views, person.account, request)
    const { kinds } = parseRequest(ConsentRequest, request.body)
    await consent.set(person, agent, id, kinds)
    return (await ownCamera(views, person.account, request)).consent
  })

  app.delete(`${API}/consent`, async (request, reply) => {
    await consent.clear(await auth.person(request))
    return reply.code(204).send()
  })

  app.post(`${API}/agents/:id/refresh`, async (request, reply) => {
    const { account } = await auth.person(request)
    const [agent] = await views.agents(account, idOf(request))
    if (!agent) throw notFound()
    refresh(deps, agent.id)
    return reply.code(202).send({})
  })

  app.get(`${API}/agents/:id/ledger`, async (request) => {
    const { account } = await auth.person(request)
    const [agent] = await views.agents(account, idOf(request))
    if (!agent) throw notFound()
    return views.ledger(account, agent.id, deps.clock.nowMs())
  })

  app.get(`${API}/stream`, { exposeHeadRoute: false }, async (request, reply) => {
    const { account } = await auth.person(request)
    if (!live.hasRoom(account)) throw new HttpError(429, 'busy', 'Too many pages are open: close some')
    const session = auth.token(request) ?? ''
    reply.hijack()
    const headers = reply.getHeaders()
    reply.raw.writeHead(200, {
      ...Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)])),
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    })
    const stillSignedIn = async () => (await auth.person(request).catch(() => undefined)) !== undefined
    live.add(account, { response: reply.raw, session, stillSignedIn })
  })
}

/** What is left of cameras that their boxes have forgotten. */
export function forgottenRoutes(app: FastifyInstance, { auth, views, forgotten }: ConsoleRoutesDeps): void {
  app.delete(`${API}/cameras/:id`, async (request, reply) => {
    const { account } = await auth.person(request)
    const { id, agent, forgottenAt } = await ownCamera(views, account, request)
    if (forgottenAt === null)
      throw new HttpError(409, 'in-use', 'Its box still knows this camera: forget it there first')
    await forgotten.remove(account, agent, id)
    return reply.code(204).send()
  })
}

function refresh({ clock, sendCommand }: ConsoleRoutesDeps, agent: Id): void {
  const at = clock.nowMs()
  const command: Command = { v: PROTOCOL_VERSION, at, seq: 0, name: 'refresh', expires: at + COMMAND_MS }
  if (!sendCommand(agent, newId(), command)) throw new HttpError(409, 'offline', 'This box is not connected now')
}

/** The id in the path; what isn't one is not found either. */
export function idOf(request: FastifyRequest): Id {
  const { id } = z.object({ id: z.string() }).parse(request.params)
  const parsed = Id.safeParse(id)
  if (!parsed.success) throw notFound()
  return parsed.data
}

async function ownCamera(views: Views, account: Id, request: FastifyRequest) {
  const [camera] = await views.cameras(account, { camera: idOf(request) })
  if (!camera) throw notFound()
  return camera
}
