import { createServer, type Server } from 'node:net'
import { RtspConnection } from './connection.ts'
import type { RtspContext } from './context.ts'
import { streamsOf } from './stream.ts'

/** A camera streams to few at once; beyond this a connection is closed at once. */
const CONNECTIONS_MAX = 16

/** One camera's RTSP server, not listening yet. */
export function createRtspServer(camera: Omit<RtspContext, 'streams'>): Server {
  const context = withStreams(camera)
  const note = (client: string, outcome: 'accepted' | 'refused') =>
    camera.journal.add({ kind: 'connection', protocol: 'rtsp', client, outcome })
  const server = createServer((socket) => {
    const refused = camera.facts.faults.isOn('unreachable')
    note(`${socket.remoteAddress}:${socket.remotePort}`, refused ? 'refused' : 'accepted')
    if (refused) socket.resetAndDestroy()
    else new RtspConnection(socket, context())
  })
  server.maxConnections = CONNECTIONS_MAX
  server.on('drop', (dropped) => note(`${dropped?.remoteAddress}:${dropped?.remotePort}`, 'refused'))
  return server
}

/** Describes the streams when the first client comes: most cameras of a large fleet never have one. */
function withStreams(camera: Omit<RtspContext, 'streams'>): () => RtspContext {
  let context: RtspContext | undefined
  return () => {
    context ??= { ...camera, streams: streamsOf(camera.facts) }
    return context
  }
}
