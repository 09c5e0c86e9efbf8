import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import type { TestContext } from 'node:test'

/** A broker that takes connections, as far as a door needs it. */
interface Broker {
  readonly handle: (socket: Socket) => unknown
  readonly close: () => void
}

/** Opens a broker on a free port of the loopback until the test ends. `cut` ends all connections, as an outage does. */
export async function openDoor(t: TestContext, broker: Broker) {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket.on('close', () => sockets.delete(socket)))
    broker.handle(socket)
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const cut = () => {
    for (const socket of sockets) socket.destroy()
  }
  t.after(() => {
    cut()
    server.close()
    broker.close()
  })
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : 0
  return { url: `mqtt://127.0.0.1:${port}`, cut, connections: () => sockets.size }
}
