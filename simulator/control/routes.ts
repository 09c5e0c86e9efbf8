import type { FastifyInstance } from 'fastify'
import { FAULT_GROUPS, isFaultName } from '../faults/fault.ts'
import type { Fleet, SimulatedCamera } from '../fleet/index.ts'
import type { Stage } from '../scenario/index.ts'
import { EventBody, FaultBody, JournalQuery, ListQuery, MoveBody, SnapshotQuery } from './bodies.ts'
import { ControlError } from './control-error.ts'
import { isMeant, overview, summarize } from './summary.ts'

type OfCamera = { Params: { id: string } }
type OfFault = { Params: { id: string; name: string } }

/** What is seen of the fleet and of each camera, and the happenings that take no time. */
export function addRoutes(app: FastifyInstance, fleet: Fleet, stage: Stage): void {
  const find = (id: string) => cameraOf(fleet, id)
  app.get('/fleet', () => overview(fleet, stage))
  app.get('/faults', () => FAULT_GROUPS)
  app.get('/cameras', ({ query }, reply) => {
    const { search = '', offset = 0, limit = fleet.cameras.length } = ListQuery.parse(query)
    const found = fleet.cameras.filter((camera) => search === '' || isMeant(camera, search))
    return reply.header('x-total-count', found.length).send(found.slice(offset, offset + limit).map(summarize))
  })
  app.get<OfCamera>('/cameras/:id', ({ params }) => summarize(find(params.id)))
  app.get<OfCamera>('/cameras/:id/journal', ({ params, query }) => {
    const { journal } = find(params.id)
    const { limit = Number.POSITIVE_INFINITY } = JournalQuery.parse(query)
    const entries = journal.entries().slice(-limit)
    return { mediaConnections: journal.mediaConnections(), counts: journal.counts(), entries }
  })
  app.get<OfCamera>('/cameras/:id/snapshot', ({ params, query }, reply) => {
    const camera = find(params.id)
    if (!camera.isOn) throw new ControlError(409, `The camera ${camera.id} is off: switch it on first`)
    const jpeg = camera.picture(SnapshotQuery.parse(query).channel)
    return reply.type('image/jpeg').header('cache-control', 'no-store').send(jpeg)
  })
  app.post<OfCamera>('/cameras/:id/events', ({ params, body }) => {
    const { kind, channel, activeMs } = EventBody.parse(body)
    find(params.id).raise(kind, channel, activeMs)
    return { raised: kind, channel: channel ?? 1 }
  })
  app.put<OfFault>('/cameras/:id/faults/:name', ({ params, body }) => {
    const camera = find(params.id)
    camera.setFault(faultNamed(params.name), FaultBody.parse(body)?.value)
    return camera.faults
  })
  app.delete<OfCamera>('/cameras/:id/faults', ({ params }) => {
    const camera = find(params.id)
    camera.clearFaults()
    return camera.faults
  })
  app.delete<OfFault>('/cameras/:id/faults/:name', ({ params }) => {
    const camera = find(params.id)
    camera.clearFault(faultNamed(params.name))
    return camera.faults
  })
}

/** Starting, stopping, moving: answered when done, except a reboot, which takes its time. */
export function addPower(app: FastifyInstance, fleet: Fleet): void {
  const changing = (path: string, change: (camera: SimulatedCamera, body: unknown) => Promise<void>) =>
    app.post<OfCamera>(`/cameras/:id/${path}`, async ({ params, body }) => {
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

function cameraOf(fleet: Fleet, id: string): SimulatedCamera {
  const camera = fleet.cameras.find((one) => one.id === id)
  if (!camera) throw new ControlError(404, `There is no camera "${id}": GET /cameras lists those there are`)
  return camera
}

function faultNamed(name: string) {
  if (!isFaultName(name))
    throw new ControlError(404, `There is no fault "${name}": lenscap-simulator faults lists them`)
  return name
}
