import { createServer, request as forward } from 'node:http'
import type { AddressInfo } from 'node:net'
import { pipeline } from 'node:stream'

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
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
        pipeline(answer, outgoing, fail)
      })
      onward.on('error', fail)
      pipeline(incoming, onward, () => {})
    })
  }

  static async start(target: string): Promise<CountingProxy> {
    const proxy = new CountingProxy(target)
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve))
    return proxy
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
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
