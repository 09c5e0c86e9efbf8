import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'

const CONNACK = Buffer.from([0x20, 2, 0, 0])
const PINGRESP = Buffer.from([0xd0, 0])

/** Lets every client of MQTT 3.1.1 in and answers its pings, and no more: for one that does nothing. */
export class SilentBroker implements AsyncDisposable {
  readonly #sockets = new Set<Socket>()
  readonly #server = createServer((socket) => {
    this.#sockets.add(socket)
    socket.on('data', ([type = 0]) => {
      if (type >> 4 === 1) socket.write(CONNACK)
      if (type >> 4 === 12) socket.write(PINGRESP)
    })
    socket.on('error', () => socket.destroy())
    socket.on('close', () => this.#sockets.delete(socket))
  })

  static async start(): Promise<SilentBroker> {
    const broker = new SilentBroker()
    broker.#server.listen(0, '127.0.0.1')
    await once(broker.#server, 'listening')
    return broker
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}
