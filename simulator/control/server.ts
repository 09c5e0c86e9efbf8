import fastify, { type FastifyInstance } from 'fastify'
import { z } from 'zod'
import { FaultError, isFaultName } from '../faults/fault.ts'
import { explainBind, type Fleet, type SimulatedCamera } from '../fleet/index.ts'
import { EVENT_KINDS } from '../profiles/profile.ts'

export interface Control extends AsyncDisposable {
  readonly port: number
}

/** Only ever this address: whoever reaches it may do all to the fleet. */
export const CONTROL_ADDRESS = '127.0.0.1'

const BODY_BYTES_MAX = 4096

const EventBody = z.strictObject({ kind: z.enum(EVENT_KINDS), channel: z.number().int().min(1).optional() })
const FaultBody = z.strictObject({ value: z.union([z.number(), z.string()]).optional() }).nullish()

/** What the client did wrong, as an answer. */
class ControlError extends Error {
  readonly statusCode: number

  constructor(statusCode: number, message: string) {
    super(message)
    this.statusCode = statusCode
  }
}

/** Starts the control API of a fleet. Throws FleetStartError where the port can't be had. */
export async function startControl(fleet: Fleet, port: number): Promise<Control> {
  const app = fastify({ bodyLimit: BODY_BYTES_MAX, forceCloseConnections: true })
  refuseForeignPages(app)
  app.setErrorHandler((error, _request, reply) => {
    const isClients = error instanceof z.ZodError || error instanceof FaultError || error instanceof RangeError
    const status = error instanceof ControlError ? error.statusCode : isClients ? 400 : statusOf(error)
    const message =
      error instanceof z.ZodError ? z.prettifyError(error) : String(error instanceof Error ? error.message : error)
    return reply.status(status).send({ error: message })
  })
  addRoutes(app, fleet)
  try {
    await app.listen({ host: CONTROL_ADDRESS, port })
  } catch (cause) {
    throw explainBind(cause, CONTROL_ADDRESS, port, '--control-port')
  }
  const bound = app.server.address()
  const boundPort = typeof bound === 'object' && bound ? bound.port : port
  return { port: boundPort, [Symbol.asyncDispose]: () => app.close() }
}

function statusOf(error: unknown): number {
  const status = typeof error === 'object' && error !== null && 'statusCode' in error ? Number(error.statusCode) : 500
  return status >= 400 ? status : 500
}

/** A page in a browser may be made to reach the loopback under a name of its own; no such name is served. */
function refuseForeignPages(app: FastifyInstance): void {
  app.addHook('onRequest', async (request) => {
    if (!/^(127\.\d+\.\d+\.\d+|localhost)$/.test(request.hostname) || request.headers.origin !== undefined)
      throw new ControlError(403, 'The control API serves programs on this machine, at 127.0.0.1, and no web pages')
  })
}

function addRoutes(app: FastifyInstance, fleet: Fleet): void {
  const find = (id: string): SimulatedCamera => {
    const camera = fleet.cameras.find((one) => one.id === id)
    if (!camera) throw new ControlError(404, `There is no camera "${id}": GET /cameras lists those there are`)
    return camera
  }
  app.get('/cameras', () => fleet.cameras.map(summarize))
  app.get<{ Params: { id: string } }>('/cameras/:id/journal', ({ params }) => {
    const { journal } = find(params.id)
    return { mediaConnections: journal.mediaConnections(), counts: journal.counts(), entries: journal.entries() }
  })
  app.post<{ Params: { id: string } }>('/cameras/:id/events', ({ params, body }) => {
    const { kind, channel } = EventBody.parse(body)
    find(params.id).raise(kind, channel)
    return { raised: kind, channel: channel ?? 1 }
  })
  app.put<{ Params: { id: string; name: string } }>('/cameras/:id/faults/:name', ({ params, body }) => {
    const camera = find(params.id)
    camera.setFault(faultNamed(params.name), FaultBody.parse(body)?.value)
    return camera.faults
  })
  app.delete<{ Params: { id: string; name: string } }>('/cameras/:id/faults/:name', ({ params }) => {
    const camera = find(params.id)
    camera.clearFault(faultNamed(params.name))
    return camera.faults
  })
}

function faultNamed(name: string) {
  if (!isFaultName(name))
    throw new ControlError(404, `There is no fault "${name}": lenscap-simulator faults lists them`)
  return name
}

/** What anyone may know of a camera: never its password. */
export function summarize(camera: SimulatedCamera) {
  const { id, name, profile, address, httpPort, rtspPort, discoveryPort, truth, eventKinds, faults, journal } = camera
  const mediaConnections = journal.mediaConnections()
  return {
    id,
    name,
    profile,
    address,
    httpPort,
    rtspPort,
    discoveryPort,
    ...truth,
    events: eventKinds,
    faults,
    mediaConnections,
  }
}
