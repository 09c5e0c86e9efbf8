import { once } from 'node:events'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { Aedes } from 'aedes'

/** A real broker in the hands of somebody else: it lets everybody in, keeps what it hears, and says what it likes. */
export class HostileBroker implements AsyncDisposable {
  readonly heard: { readonly topic: string; readonly payload: string }[] = []
  readonly #aedes: Aedes
  readonly #server: Server

  private constructor(aedes: Aedes, server: Server) {
    this.#aedes = aedes
    this.#server = server
    aedes.on('publish', ({ topic, payload }, client) => {
      if (client) this.heard.push({ topic, payload: payload.toString() })
    })
  }

  static async start(host = '127.0.0.1', port = 0): Promise<HostileBroker> {
    const aedes = await Aedes.createBroker()
    const server = createServer(aedes.handle)
    server.listen(port, host)
    await once(server, 'listening')
    return new HostileBroker(aedes, server)
  }

  get url(): string {
    const { address, port } = this.#server.address() as AddressInfo
    return `mqtt://${address}:${port}`
  }

  /** Sends a message to whoever subscribes to its topic, now and later. */
  async say(topic: string, payload: object): Promise<void> {
    const packet = {
      cmd: 'publish',
      topic,
      payload: JSON.stringify(payload),
      qos: 1,
      retain: true,
      dup: false,
    } as const
    await new Promise<void>((resolve, reject) => {
      this.#aedes.publish(packet, (error) => (error ? reject(error) : resolve()))
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await new Promise<void>((resolve) => this.#aedes.close(() => resolve()))
    this.#server.close()
  }
}
