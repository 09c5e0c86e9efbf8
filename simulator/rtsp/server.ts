import { createServer, type Server } from 'node:net'
import { reset } from '../faults/reset.ts'
import { RtspConnection } from './connection.ts'
import type { RtspContext } from './context.ts'
import { Sessions } from './sessions.ts'
import { type RtspStream, streamsOf } from './stream.ts'
import { Crowd } from './wrong/crowd.ts'

/** A camera streams to few at once, a recorder to a few for each channel; beyond this a connection is closed at once. */
const CONNECTIONS_MAX = 16
const CONNECTIONS_PER_CHANNEL_MAX = 4

/** One camera's RTSP server, not listening yet. */
export function createRtspServer(camera: Omit<RtspContext, 'streams' | 'crowd' | 'sessions'>): Server {
  let streams: readonly RtspStream[] | undefined
  const { facts, pacer } = camera
  const sessions = new Sessions(facts, pacer)
  const context: RtspContext = {
    ...camera,
    crowd: new Crowd(facts.faults),
    sessions,
    // Described when the first client asks: most cameras of a large fleet are never asked.
    get streams() {
      streams ??= streamsOf(facts)
      return streams
    },
  }
  const note = (client: string, outcome: 'accepted' | 'refused') =>
    context.journal.add({ kind: 'connection', protocol: 'rtsp', client, outcome })
  const server = createServer((socket) => {
    const refused = context.facts.faults.isOn('unreachable')
    note(`${socket.remoteAddress}:${socket.remotePort}`, refused ? 'refused' : 'accepted')
    if (refused) reset(socket)
    else {
      context.crowd.enter(socket)
      new RtspConnection(socket, context)
    }
  })
  server.on('close', () => sessions.close())
  server.maxConnections = Math.max(CONNECTIONS_MAX, CONNECTIONS_PER_CHANNEL_MAX * facts.profile.channels)
  server.on('drop', (dropped) => note(`${dropped?.remoteAddress}:${dropped?.remotePort}`, 'refused'))
  return server
}
