import { z } from 'zod'
import { FAULT_GROUPS } from '../faults/fault.ts'
import { EventBody, FaultBody, JournalQuery, ListQuery, MoveBody, ScenarioBody, SnapshotQuery } from './bodies.ts'

type Method = 'get' | 'post' | 'put' | 'delete'

interface Route {
  readonly method: Method
  readonly path: string
  readonly does: string
  readonly body?: z.ZodType
  readonly query?: z.ZodObject
  /** JSON, where nothing else is said. */
  readonly gives?: string
}

/** Every route of the control API, in the words of its document. */
export const ROUTES: readonly Route[] = [
  { method: 'get', path: '/fleet', does: 'Tells the whole fleet in a few numbers, and what is played and recorded' },
  {
    method: 'get',
    path: '/cameras',
    does: 'Lists the cameras, with what is true of each, its faults and its count of media connections',
    query: ListQuery,
  },
  { method: 'get', path: '/cameras/{id}', does: 'Tells one camera' },
  {
    method: 'get',
    path: '/cameras/{id}/journal',
    does: 'Tells what clients did with it: counts, and the last 1,000 entries',
    query: JournalQuery,
  },
  {
    method: 'get',
    path: '/cameras/{id}/snapshot',
    does: 'Gives what it shows now as a JPEG, without a trace in its journal',
    query: SnapshotQuery,
    gives: 'image/jpeg',
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
  { method: 'get', path: '/scenario', does: 'Tells how far the scenario has come, what happened and what comes next' },
  { method: 'post', path: '/scenario', does: 'Plays a scenario, sent as YAML or inside JSON', body: ScenarioBody },
  { method: 'delete', path: '/scenario', does: 'Ends the scenario; what it changed stays' },
  { method: 'get', path: '/recording', does: 'Tells how the recording stands' },
  { method: 'post', path: '/recording', does: 'Begins to record what happens to the fleet, in memory' },
  { method: 'delete', path: '/recording', does: 'Ends the recording' },
  {
    method: 'get',
    path: '/recording/file',
    does: 'Gives the recording as a scenario that plays it again',
    gives: 'application/yaml',
  },
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

function operation({ method, path, does, body, query, gives = 'application/json' }: Route) {
  const error = { content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } } }
  const parameters = [...inPath(path), ...inQuery(query)]
  const { $schema: _, ...schema } = body ? z.toJSONSchema(body, { io: 'input' }) : {}
  return {
    operationId: `${method}${path.replace(/[{}]/g, '').replace(/\/(\w)/g, (_all, letter: string) => letter.toUpperCase())}`,
    summary: does,
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(body ? { requestBody: { content: { 'application/json': { schema } } } } : {}),
    responses: {
      '200': { description: 'Done', content: { [gives]: { schema: {} } } },
      '400': { description: 'Asked wrongly', ...error },
      '404': { description: 'There is no such camera, fault or recording', ...error },
      '409': { description: 'Not now: the camera is off, or something is played or recorded already', ...error },
    },
  }
}

function inPath(path: string) {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: name === 'name' ? { $ref: '#/components/schemas/FaultName' } : { type: 'string' },
  }))
}

function inQuery(query: z.ZodObject | undefined) {
  const { properties = {} } = query ? z.toJSONSchema(query, { io: 'output' }) : {}
  return Object.entries(properties).map(([name, schema]) => ({ name, in: 'query', required: false, schema }))
}
