import { connect, createServer, type Socket } from 'node:net'

/** Stands between a browser and the bridge's HTTP port, and keeps every byte that the bridge is sent. */
export class Recorder implements AsyncDisposable {
  readonly #sent: Buffer[] = []
  readonly #sockets = new Set<Socket>()
  readonly #server = createServer()

  static async start(target: string): Promise<Recorder> {
    const recorder = new Recorder()
    const { hostname, port } = new URL(target)
    recorder.#server.on('connection', (near) => recorder.#pass(near, connect(Number(port), hostname)))
    await new Promise<void>((resolve) => recorder.#server.listen(0, '127.0.0.1', resolve))
    return recorder
  }

  get url(): string {
    const address = this.#server.address()
    return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
  }

  /** All that was sent towards the bridge so far. */
  get sent(): Buffer {
    return Buffer.concat(this.#sent)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  #pass(near: Socket, far: Socket): void {
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#sockets.add(one)
      one.on('error', () => {})
      one.on('close', () => {
        this.#sockets.delete(one)
        other.destroy()
      })
      one.pipe(other)
    }
    near.on('data', (bytes: Buffer) => this.#sent.push(bytes))
  }
}
