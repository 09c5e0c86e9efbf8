import { createServer, request as forward, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Duplex, pipeline } from 'node:stream'

/** Stands between an agent and its bridge's HTTP port and counts what goes through. */
export class CountingProxy implements AsyncDisposable {
  readonly #server = createServer()
  readonly #seen: string[] = []
  #target: string

  private constructor(target: string) {
    this.#target = target
    this.#server.on('request', (incoming, outgoing) => {
      this.#seen.push(`${incoming.method} ${incoming.url}`)
      const { method, headers } = incoming
      const onward = forward(new URL(incoming.url ?? '/', this.#target), { method, headers, agent: false })
      const fail = () => outgoing.destroy()
      onward.on('response', (answer) => {
        // Whoever asked may have gone meanwhile.
        if (outgoing.destroyed) {
          answer.destroy()
          return
        }
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
        pipeline(answer, outgoing, fail)
      })
      onward.on('error', fail)
      pipeline(incoming, onward, () => {})
    })
    this.#server.on('upgrade', (incoming, socket, head) => this.#upgrade(incoming, socket, head))
  }

  static async start(target: string): Promise<CountingProxy> {
    const proxy = new CountingProxy(target)
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve))
    return proxy
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** A WebSocket goes through as it is. */
  #upgrade({ method, url, headers }: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.#seen.push(`${method} ${url}`)
    const onward = forward(new URL(url ?? '/', this.#target), { headers, agent: false })
    const fail = () => socket.destroy()
    socket.on('error', fail)
    onward.on('response', fail)
    onward.on('error', fail)
    onward.on('upgrade', (answer, far, rest) => {
      if (socket.destroyed) {
        far.destroy()
        return
      }
      const lines = Object.entries(answer.headers).map(([name, value]) => `${name}: ${value}`)
      socket.write(`HTTP/1.1 101 Switching Protocols\r\n${lines.join('\r\n')}\r\n\r\n`)
      socket.write(rest)
      far.write(head)
      pipeline(socket, far, socket, fail)
    })
    onward.end()
  }

  /** Method and path of every request so far. */
  get seen(): readonly string[] {
    return this.#seen
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}
