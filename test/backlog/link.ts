import type { AddressInfo } from 'node:net'
import { connect, createServer, type Server, type Socket } from 'node:net'

export interface LinkOptions {
  readonly port: number
  readonly random: () => number
  /** How fast it is upwards. */
  readonly bytesPerS: number
  /** It is cut after so many bytes upwards, on average. */
  readonly bytesPerCut: number
}

/** A bad uplink: slow, and cut again and again in the middle of whatever is under way. */
export class Link implements Disposable {
  readonly #options: LinkOptions
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  #upBytes = 0
  #cuts = 0
  #untilCut: number

  private constructor(options: LinkOptions) {
    this.#options = options
    this.#untilCut = this.#nextCut()
    this.#server = createServer((down) => this.#carry(down))
  }

  static async open(options: LinkOptions): Promise<Link> {
    const link = new Link(options)
    await new Promise<void>((resolve) => link.#server.listen(0, '127.0.0.1', resolve))
    return link
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** Bytes upwards, what was cut off included. */
  get upBytes(): number {
    return this.#upBytes
  }

  get cuts(): number {
    return this.#cuts
  }

  [Symbol.dispose](): void {
    this.#cut()
    this.#server.close()
  }

  #carry(down: Socket): void {
    const up = connect(this.#options.port, '127.0.0.1')
    for (const socket of [down, up]) {
      this.#sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => this.#sockets.delete(socket))
    }
    down.on('data', (data) => {
      this.#upBytes += data.length
      this.#untilCut -= data.length
      if (this.#untilCut <= 0) {
        this.#untilCut = this.#nextCut()
        this.#cuts += 1
        this.#cut()
        return
      }
      up.write(data)
      down.pause()
      setTimeout(() => down.resume(), (data.length / this.#options.bytesPerS) * 1000)
    })
    up.on('data', (data) => down.write(data))
    down.on('close', () => up.destroy())
    up.on('close', () => down.destroy())
  }

  #cut(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  /** From none to twice the mean. */
  #nextCut(): number {
    return this.#options.random() * 2 * this.#options.bytesPerCut
  }
}
