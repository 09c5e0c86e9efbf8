import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'

/** Stands before the bridge's HTTP port and can stop taking after so many bytes, so that a transfer hangs in its middle. */
export class HoldingProxy implements AsyncDisposable {
  #left = Number.POSITIVE_INFINITY
  readonly #sockets = new Set<Socket>()
  readonly #server: Server

  constructor(target: { readonly host: string; readonly port: number }) {
    this.#server = createServer((down) => {
      const up = connect(target)
      for (const socket of [down, up]) {
        this.#sockets.add(socket.on('error', () => {}).on('close', () => this.#sockets.delete(socket)))
      }
      down.on('data', (data) => {
        up.write(data)
        this.#left -= data.length
        if (this.#left < 0) down.pause()
      })
      down.on('close', () => up.end())
      up.pipe(down)
      up.on('close', () => down.destroy())
    })
  }

  async listen(host: string, port: number): Promise<void> {
    await once(this.#server.listen(port, host), 'listening')
  }

  /** Takes so many more bytes from the boxes, and then nothing. */
  holdAfter(bytes: number): void {
    this.#left = bytes
  }

  get isHolding(): boolean {
    return this.#left < 0
  }

  goOn(): void {
    this.#left = Number.POSITIVE_INFINITY
    for (const socket of this.#sockets) socket.resume()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    this.#server.close()
  }
}
