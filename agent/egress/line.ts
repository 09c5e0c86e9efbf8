import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'

/** The connections of one transfer, which can be cut so that nothing follows. */
export interface Line {
  readonly agent: HttpAgent | HttpsAgent
  /** Resets the connections: what the system still had to send is thrown away, where a mere close would send it on. */
  cut(): void
  /** Closes them in order. */
  close(): void
}

/** Connects only when the first request is made. TLS by the URL's protocol, checked against `ca` or the public ones. */
export function makeLine(bridgeUrl: string, ca: string | Buffer | undefined): Line {
  const sockets = new Set<Socket>()
  const dial = (port: number, host: string): Socket => {
    // Else the head of each request would wait for the answer to the one before, 40 ms each.
    const socket = connect({ port, host, noDelay: true })
    sockets.add(socket)
    return socket.on('close', () => sockets.delete(socket))
  }
  const url = new URL(bridgeUrl)
  const secure = url.protocol === 'https:'
  const port = Number(url.port) || (secure ? 443 : 80)
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const agent = secure
    ? new (class extends HttpsAgent {
        override createConnection(options: object) {
          return connectTls({ ...options, socket: dial(port, host) })
        }
      })({ keepAlive: true, ...(ca && { ca }) })
    : new (class extends HttpAgent {
        override createConnection() {
          return dial(port, host)
        }
      })({ keepAlive: true })
  return {
    agent,
    cut: () => {
      for (const socket of sockets) socket.resetAndDestroy()
      agent.destroy()
    },
    close: () => agent.destroy(),
  }
}
