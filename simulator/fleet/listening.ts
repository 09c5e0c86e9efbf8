import { once } from 'node:events'
import type { Server, Socket } from 'node:net'
import { reset } from '../faults/reset.ts'

/** A camera couldn't be started; the message says what the person can do. */
export class FleetStartError extends Error {
  override readonly name = 'FleetStartError'
}

/** A server on an address of its own, with all its connections, so that they can be cut. */
export class Listening implements AsyncDisposable {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()

  readonly #address: string
  readonly #option: string
  #port = 0

  private constructor(server: Server, address: string, option: string) {
    this.#server = server
    this.#address = address
    this.#option = option
    server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket)
      socket.once('close', () => this.#sockets.delete(socket))
    })
  }

  /** Throws FleetStartError where the address or port can't be had. */
  static async start(server: Server, address: string, port: number, option: string): Promise<Listening> {
    const listening = new Listening(server, address, option)
    await listening.#listen(port)
    return listening
  }

  async #listen(port: number): Promise<void> {
    try {
      this.#server.listen(port, this.#address)
      await once(this.#server, 'listening')
    } catch (cause) {
      throw explainBind(cause, this.#address, port, this.#option)
    }
    const bound = this.#server.address()
    this.#port = typeof bound === 'object' && bound ? bound.port : 0
  }

  get port(): number {
    return this.#port
  }

  /** Stops listening and cuts all connections. */
  async pause(): Promise<void> {
    if (!this.#server.listening) return
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()))
    for (const socket of this.#sockets) socket.destroy()
    await closed
  }

  /** Listens again where it did. Throws FleetStartError where another took the port meanwhile. */
  async resume(): Promise<void> {
    if (!this.#server.listening) await this.#listen(this.#port)
  }

  cutConnections(): void {
    for (const socket of this.#sockets) reset(socket)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.pause()
  }
}

/** Says in one sentence why an address couldn't be taken, and which option helps. */
export function explainBind(cause: unknown, address: string, port: number, option: string): FleetStartError {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
  const remedy: Record<string, string> = {
    EADDRINUSE: `Port ${port} on ${address} is taken: stop what listens there, or choose another with ${option}`,
    EADDRNOTAVAIL: `This machine has no address ${address}: choose a first address of the form 127.x.y.z`,
    EMFILE: 'This process may open no more files: raise the limit with "ulimit -n" as root, or start fewer cameras',
    ENFILE: 'This machine has no more files to open: raise fs.file-max, or start fewer cameras',
    EACCES: `Port ${port} on ${address} is reserved for root: choose one from 1024 upwards with ${option}`,
  }
  return new FleetStartError(remedy[code] ?? `Port ${port} on ${address} can't be opened (${code}): choose another`, {
    cause,
  })
}
