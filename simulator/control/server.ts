import fastify, { type FastifyInstance } from 'fastify'
import { z } from 'zod'
import { FaultError } from '../faults/fault.ts'
import { explainBind, type Fleet, FleetStartError } from '../fleet/index.ts'
import { Stage, StageBusyError } from '../scenario/index.ts'
import { ControlError } from './control-error.ts'
import { openapi } from './openapi.ts'
import { PAGE_FILES } from './page/files.ts'
import { addPower, addRoutes } from './routes.ts'
import { addStage } from './stage-routes.ts'

export interface Control extends AsyncDisposable {
  readonly port: number
}

/** Only ever this address: whoever reaches it may do all to the fleet. */
export const CONTROL_ADDRESS = '127.0.0.1'

const BODY_BYTES_MAX = 4096

/** Starts the control API of a fleet. Throws FleetStartError where the port can't be had. */
export async function startControl(fleet: Fleet, port: number, stage = new Stage(fleet)): Promise<Control> {
  const app = fastify({ bodyLimit: BODY_BYTES_MAX, forceCloseConnections: true })
  refuseForeignPages(app)
  app.setErrorHandler((error, _request, reply) => reply.status(statusOf(error)).send({ error: messageOf(error) }))
  app.setNotFoundHandler((request, reply) =>
    reply.status(404).send({
      error: `There is no ${request.method} ${request.url.slice(0, 200)}: GET /openapi.json names all there is`,
    }),
  )
  addRoutes(app, fleet, stage)
  addPower(app, fleet)
  addStage(app, stage)
  addPage(app)
  try {
    await app.listen({ host: CONTROL_ADDRESS, port })
  } catch (cause) {
    throw explainBind(cause, CONTROL_ADDRESS, port, '--control-port')
  }
  const bound = app.server.address()
  const boundPort = typeof bound === 'object' && bound ? bound.port : port
  const stop = async () => {
    await app.close()
    await stage[Symbol.asyncDispose]()
  }
  return { port: boundPort, [Symbol.asyncDispose]: stop }
}

function statusOf(error: unknown): number {
  if (error instanceof ControlError) return error.statusCode
  if (error instanceof StageBusyError) return 409
  const isClients = [z.ZodError, FaultError, RangeError, FleetStartError].some((kind) => error instanceof kind)
  if (isClients) return 400
  const status = typeof error === 'object' && error !== null && 'statusCode' in error ? Number(error.statusCode) : 500
  return status >= 400 ? status : 500
}

function messageOf(error: unknown): string {
  if (error instanceof z.ZodError) return z.prettifyError(error)
  return error instanceof Error ? error.message : String(error)
}

/** A page in a browser may be made to reach the loopback under a name of its own; no such name is served. */
function refuseForeignPages(app: FastifyInstance): void {
  app.addHook('onRequest', async (request, reply) => {
    reply.header('cross-origin-resource-policy', 'same-origin')
    const { origin } = request.headers
    const isOwnPage = origin === undefined || origin === `http://${request.host}`
    if (!/^(127\.\d+\.\d+\.\d+|localhost)$/.test(request.hostname) || !isOwnPage)
      throw new ControlError(
        403,
        'The control API serves programs on this machine, at 127.0.0.1, and no web pages but its own',
      )
  })
}

const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

function addPage(app: FastifyInstance): void {
  for (const { path, type, text } of PAGE_FILES)
    app.get(path, (_request, reply) =>
      reply
        .type(`${type}; charset=utf-8`)
        .headers({
          'content-security-policy': POLICY,
          'x-content-type-options': 'nosniff',
          'referrer-policy': 'no-referrer',
          'cache-control': 'no-cache',
        })
        .send(text),
    )
  app.get('/openapi.json', () => openapi('1'))
}
