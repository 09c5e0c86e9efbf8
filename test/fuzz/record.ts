import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { systemClock } from '../../agent/base/clock.ts'
import { LenscapError } from '../../agent/base/errors.ts'
import { Secret } from '../../agent/base/secret.ts'
import { probes } from '../../agent/discovery/messages.ts'
import { openDevice } from '../../agent/onvif/device.ts'
import { type ProfileName, type SimulatedCamera, startFleet } from '../../simulator/fleet/index.ts'
import { PROFILES } from '../../simulator/profiles/catalogue.ts'
import { OPERATIONS } from './operations.ts'

export interface Reply {
  readonly status: number
  readonly type: string
  readonly body: Buffer
  /** Of a 401. */
  readonly challenge?: string
}

/** One brand's replies by operation, and its answer to a probe. */
export interface Recording {
  readonly profile: string
  readonly replies: ReadonlyMap<string, Reply>
  readonly datagram: Buffer
}

const PASSWORD = 'correct horse'

export const operationIn = (body: string): string => /<(?:\w+:)?Body[^>]*>\s*<(?:\w+:)?(\w+)/.exec(body)?.[1] ?? ''

/** What each simulated brand answers to all that the agent asks. */
export async function recordBrands(signal: AbortSignal): Promise<Recording[]> {
  const names = Object.keys(PROFILES) as ProfileName[]
  const ports = { httpPort: 0, rtspPort: 0, discoveryPort: 0, multicast: false }
  await using fleet = await startFleet({
    cameras: names.map((profile) => ({ profile, eventIntervalMs: 0 })),
    password: PASSWORD,
    firstAddress: '127.93.7.11',
    ...ports,
    signal,
  })
  return await Promise.all(fleet.cameras.map((camera) => recordCamera(camera, signal)))
}

async function recordCamera(camera: SimulatedCamera, signal: AbortSignal): Promise<Recording> {
  const replies = new Map<string, Reply>()
  const server = createServer((incoming, outgoing) => void pass(camera, incoming, outgoing, replies))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const credential = { username: camera.account.user, password: new Secret(PASSWORD) }
  const device = await openDevice({ address: '127.0.0.1', port, credential, clock: systemClock, signal })
  camera.raise('motion')
  for (const ask of Object.values(OPERATIONS)) {
    await ask(device, signal).catch((error: unknown) => {
      // What a brand lacks it refuses: that is its reply.
      if (!(error instanceof LenscapError)) throw error
    })
  }
  server.closeAllConnections()
  server.close()
  return { profile: camera.profile, replies, datagram: await probed(camera, signal) }
}

/** Hands a request on to the camera; its first good answer to each operation is kept, or else its last refusal. */
async function pass(
  camera: SimulatedCamera,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  replies: Map<string, Reply>,
): Promise<void> {
  const asked = await buffer(incoming)
  const { method, url: path, headers } = incoming
  const onward = request({ host: camera.address, port: camera.httpPort, method, path, headers })
  onward.end(asked)
  const [answer] = (await once(onward, 'response')) as [IncomingMessage]
  const body = await buffer(answer)
  const operation = operationIn(asked.toString())
  const status = answer.statusCode ?? 0
  if (replies.get(operation)?.status !== 200)
    replies.set(operation, { status, type: answer.headers['content-type'] ?? '', body })
  outgoing.writeHead(status, answer.headers).end(body)
}

async function probed(camera: SimulatedCamera, signal: AbortSignal): Promise<Buffer> {
  const socket = createSocket('udp4')
  try {
    for (const probe of probes()) socket.send(probe, camera.discoveryPort, camera.address)
    const [datagram] = (await once(socket, 'message', { signal })) as [Buffer]
    return datagram
  } finally {
    socket.close()
  }
}
