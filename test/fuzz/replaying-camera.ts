import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { operationIn, type Recording, type Reply } from './record.ts'

/** Answers as one brand was recorded, but for one operation as it is told. Takes every signature. */
export class ReplayingCamera implements AsyncDisposable {
  readonly #server: Server
  #recording: Recording
  #changed: { readonly operation: string; readonly reply: Reply } | undefined

  static async start(recording: Recording): Promise<ReplayingCamera> {
    const camera = new ReplayingCamera(recording)
    camera.#server.listen(0, '127.0.0.1')
    await once(camera.#server, 'listening')
    return camera
  }

  private constructor(recording: Recording) {
    this.#recording = recording
    this.#server = createServer((request, response) => void this.#answer(request, response))
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  play(recording: Recording, operation: string, reply: Reply): void {
    this.#recording = recording
    this.#changed = { operation, reply }
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const operation = operationIn((await buffer(request)).toString())
    const isChanged = this.#changed?.operation === operation
    const reply = isChanged ? this.#changed?.reply : this.#recording.replies.get(operation)
    if (!reply) {
      response.writeHead(400).end()
      return
    }
    if (reply.challenge) response.setHeader('www-authenticate', reply.challenge)
    response.writeHead(reply.status, { 'content-type': reply.type }).end(reply.body)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    this.#server.close()
    await once(this.#server, 'close')
  }
}
