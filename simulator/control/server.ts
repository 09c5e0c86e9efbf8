import fastify, { type FastifyInstance } from 'fastify'
import { z } from 'zod'
import { FAULT_GROUPS, FaultError, isFaultName } from '../faults/fault.ts'
import { explainBind, type Fleet, FleetStartError, type SimulatedCamera } from '../fleet/index.ts'
import { EventBody, FaultBody, MoveBody } from './bodies.ts'
import { openapi } from './openapi.ts'
import { PAGE, STYLE } from './page.ts'
import { SCRIPT } from './page-script.ts'

export interface Control extends AsyncDisposable {
  readonly port: number
}

/** Only ever this address: whoever reaches it may do all to the fleet. */
export const CONTROL_ADDRESS = '127.0.0.1'

const BODY_BYTES_MAX = 4096

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
    const isClients =
      error instanceof z.ZodError ||
      error instanceof FaultError ||
      error instanceof RangeError ||
      error instanceof FleetStartError
    const status = error instanceof ControlError ? error.statusCode : isClients ? 400 : statusOf(error)
    const message =
      error instanceof z.ZodError ? z.prettifyError(error) : String(error instanceof Error ? error.message : error)
    return reply.status(status).send({ error: message })
  })
  addRoutes(app, fleet)
  addPower(app, fleet)
  addPage(app)
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
    const { origin } = request.headers
    const isOwnPage = origin === undefined || origin === `http://${request.host}`
    if (!/^(127\.\d+\.\d+\.\d+|localhost)$/.test(request.hostname) || !isOwnPage)
      throw new ControlError(
        403,
        'The control API serves programs on this machine, at 127.0.0.1, and no web pages but its own',
      )
  })
}

function cameraOf(fleet: Fleet, id: string): SimulatedCamera {
  const camera = fleet.cameras.find((one) => one.id === id)
  if (!camera) throw new ControlError(404, `There is no camera "${id}": GET /cameras lists those there are`)
  return camera
}

function addRoutes(app: FastifyInstance, fleet: Fleet): void {
  const find = (id: string) => cameraOf(fleet, id)
  app.get('/cameras', () => fleet.cameras.map(summarize))
  app.get('/faults', () => FAULT_GROUPS)
  app.get<{ Params: { id: string } }>('/cameras/:id', ({ params }) => summarize(find(params.id)))
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
  app.delete<{ Params: { id: string } }>('/cameras/:id/faults', ({ params }) => {
    const camera = find(params.id)
    camera.clearFaults()
    return camera.faults
  })
  app.delete<{ Params: { id: string; name: string } }>('/cameras/:id/faults/:name', ({ params }) => {
    const camera = find(params.id)
    camera.clearFault(faultNamed(params.name))
    return camera.faults
  })
}

/** Starting, stopping, moving: answered when done, except a reboot, which takes its time. */
function addPower(app: FastifyInstance, fleet: Fleet): void {
  const changing = (path: string, change: (camera: SimulatedCamera, body: unknown) => Promise<void>) =>
    app.post<{ Params: { id: string } }>(`/cameras/:id/${path}`, async ({ params, body }) => {
      const camera = cameraOf(fleet, params.id)
      await change(camera, body)
      return summarize(camera)
    })
  changing('start', (camera) => camera.switchOn())
  changing('stop', (camera) => camera.switchOff())
  changing('move', (camera, body) => camera.moveTo(MoveBody.parse(body).address))
  changing('swap', (camera) => camera.swap())
  changing('reboot', async (camera) => void camera.reboot().catch(() => {}))
}

const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

function addPage(app: FastifyInstance): void {
  const file = (path: string, type: string, text: string) =>
    app.get(path, (_request, reply) =>
      reply
        .type(type)
        .headers({
          'content-security-policy': POLICY,
          'x-content-type-options': 'nosniff',
          'referrer-policy': 'no-referrer',
        })
        .send(text),
    )
  file('/', 'text/html; charset=utf-8', PAGE)
  file('/page.css', 'text/css; charset=utf-8', STYLE)
  file('/page.js', 'text/javascript; charset=utf-8', SCRIPT)
  app.get('/openapi.json', () => openapi('1'))
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
    on: camera.isOn,
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
