import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

const HEAD_END = '\r\n\r\n'

/** One kept connection to a web server, cheap enough to load it: a request at a time, answers told by Content-Length. */
export class HttpLine implements Disposable {
  readonly #socket: Socket
  readonly #host: string
  #heard: Buffer = Buffer.alloc(0)
  #answered: ((answer: string | undefined) => void) | undefined

  private constructor(socket: Socket, host: string) {
    this.#socket = socket
    this.#host = host
    socket.setNoDelay(true)
    socket.on('data', (chunk) => this.#hear(chunk))
    socket.on('error', () => socket.destroy())
    socket.on('close', () => this.#answered?.(undefined))
  }

  static async open(port: number, address: string): Promise<HttpLine> {
    const socket = connect(port, address)
    await once(socket, 'connect')
    return new HttpLine(socket, `${address}:${port}`)
  }

  /** Gives the answer, head and body; undefined where the connection ends before. */
  post(path: string, body: string): Promise<string | undefined> {
    const head = `POST ${path} HTTP/1.1\r\nHost: ${this.#host}\r\nContent-Type: application/soap+xml\r\nContent-Length: ${Buffer.byteLength(body)}`
    return new Promise((resolve) => {
      this.#answered = resolve
      this.#socket.write(head + HEAD_END + body)
    })
  }

  #hear(chunk: Buffer): void {
    this.#heard = this.#heard.length === 0 ? chunk : Buffer.concat([this.#heard, chunk])
    const end = this.#heard.indexOf(HEAD_END)
    if (end < 0) return
    const length = Number(/content-length: (\d+)/i.exec(this.#heard.toString('latin1', 0, end))?.[1] ?? 0)
    const total = end + HEAD_END.length + length
    if (this.#heard.length < total) return
    const answer = this.#heard.toString('utf8', 0, total)
    this.#heard = this.#heard.subarray(total)
    this.#answered?.(answer)
  }

  [Symbol.dispose](): void {
    this.#socket.destroy()
  }
}
