import { z } from 'zod'
import { FAULT_GROUPS } from '../faults/fault.ts'
import { EventBody, FaultBody, MoveBody } from './bodies.ts'

type Method = 'get' | 'post' | 'put' | 'delete'

interface Route {
  readonly method: Method
  readonly path: string
  readonly does: string
  readonly body?: z.ZodType
}

/** Every route of the control API, in the words of its document. */
export const ROUTES: readonly Route[] = [
  {
    method: 'get',
    path: '/cameras',
    does: 'Lists the cameras, with what is true of each, its faults and its count of media connections',
  },
  { method: 'get', path: '/cameras/{id}', does: 'Tells one camera' },
  {
    method: 'get',
    path: '/cameras/{id}/journal',
    does: 'Tells what clients did with it: counts, and the last 1,000 entries',
  },
  { method: 'post', path: '/cameras/{id}/events', does: 'Raises an event now; it ends by itself', body: EventBody },
  { method: 'put', path: '/cameras/{id}/faults/{name}', does: 'Switches a fault on, with its value', body: FaultBody },
  { method: 'delete', path: '/cameras/{id}/faults/{name}', does: 'Switches a fault off' },
  { method: 'delete', path: '/cameras/{id}/faults', does: "Switches all faults off, the brand's own too" },
  { method: 'post', path: '/cameras/{id}/start', does: 'Switches the camera on' },
  { method: 'post', path: '/cameras/{id}/stop', does: 'Cuts the power of the camera, without a Bye' },
  { method: 'post', path: '/cameras/{id}/reboot', does: 'Reboots the camera; answers when it has begun' },
  { method: 'post', path: '/cameras/{id}/move', does: 'Gives the camera another address', body: MoveBody },
  { method: 'post', path: '/cameras/{id}/swap', does: 'Puts another device of the same brand in its place' },
  { method: 'get', path: '/faults', does: 'Lists all faults, by what they are about' },
]

/** The OpenAPI 3.1 document of the control API. */
export function openapi(version: string) {
  const paths: Record<string, Record<string, unknown>> = {}
  for (const route of ROUTES) paths[route.path] = { ...paths[route.path], [route.method]: operation(route) }
  return {
    openapi: '3.1.0',
    info: {
      title: 'lenscap-simulator',
      version,
      description:
        'Sees and changes a running fleet of simulated cameras. It listens on 127.0.0.1 alone and has no login.',
    },
    paths,
    components: {
      schemas: {
        Error: { type: 'object', required: ['error'], properties: { error: { type: 'string' } } },
        FaultName: { enum: Object.values(FAULT_GROUPS).flatMap((faults) => Object.keys(faults)) },
      },
    },
  }
}

function operation({ method, path, does, body }: Route) {
  const error = { content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } } }
  const parameters = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: name === 'name' ? { $ref: '#/components/schemas/FaultName' } : { type: 'string' },
  }))
  const { $schema: _, ...schema } = body ? z.toJSONSchema(body, { io: 'input' }) : {}
  return {
    operationId: `${method}${path.replace(/[{}]/g, '').replace(/\/(\w)/g, (_all, letter: string) => letter.toUpperCase())}`,
    summary: does,
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(body ? { requestBody: { content: { 'application/json': { schema } } } } : {}),
    responses: {
      '200': { description: 'Done', content: { 'application/json': { schema: {} } } },
      '400': { description: 'Asked wrongly', ...error },
      '404': { description: 'There is no such camera or fault', ...error },
    },
  }
}
