import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** Stands before the bridge's HTTP port and hears when the last byte of a box came. */
export class ListeningProxy implements AsyncDisposable {
  bytes = 0
  /** By `performance.now()`. */
  lastByteMs = 0
  readonly port: number
  readonly #stop: () => void

  private constructor(port: number, stop: () => void) {
    this.port = port
    this.#stop = stop
  }

  static async start(target: number): Promise<ListeningProxy> {
    const sockets = new Set<Socket>()
    const server = createServer((down) => {
      const up = connect(target, '127.0.0.1')
      for (const socket of [down, up]) {
        sockets.add(socket.on('error', () => {}).on('close', () => sockets.delete(socket)))
      }
      down.on('data', (data) => {
        proxy.bytes += data.length
        proxy.lastByteMs = performance.now()
      })
      down.pipe(up)
      up.pipe(down)
      down.on('close', () => up.destroy())
      up.on('close', () => down.destroy())
    })
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const { port } = server.address() as AddressInfo
    const proxy = new ListeningProxy(port, () => {
      server.close()
      for (const socket of sockets) socket.destroy()
    })
    return proxy
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop()
  }
}
