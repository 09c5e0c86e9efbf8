import { type ClientRequest, type IncomingMessage, request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import type { HttpRequest, HttpResponse, HttpStack } from 'tus-js-client'
import type { FilePart } from './file-part.ts'
import type { Line } from './line.ts'

/** More than any answer of the bridge; what follows is not read. */
const ANSWER_BYTES_MAX = 64 * 1024

/**
 * How the tus client speaks over a line. Its own way takes a body through two streams and new memory for each piece, which on a
 * small box is most of the work; here a piece goes from the file into the socket.
 */
export class Wire implements HttpStack {
  readonly #line: Line

  constructor(line: Line) {
    this.#line = line
  }

  createRequest(method: string, url: string): HttpRequest {
    return new WireRequest(this.#line, method, url)
  }

  getName(): string {
    return 'Wire'
  }
}

class WireRequest implements HttpRequest {
  readonly #line: Line
  readonly #method: string
  readonly #url: string
  readonly #headers: Record<string, string> = {}
  #request: ClientRequest | undefined

  constructor(line: Line, method: string, url: string) {
    this.#line = line
    this.#method = method
    this.#url = url
  }

  getMethod(): string {
    return this.#method
  }

  getURL(): string {
    return this.#url
  }

  setHeader(name: string, value: string): void {
    this.#headers[name] = value
  }

  getHeader(name: string): string | undefined {
    return this.#headers[name]
  }

  setProgressHandler(_: (bytesSent: number) => void): void {
    // Ours is told of each piece.
  }

  async send(part?: FilePart): Promise<HttpResponse> {
    const url = new URL(this.#url)
    const ask = url.protocol === 'https:' ? requestHttps : requestHttp
    const length = part ? { 'Content-Length': part.size } : {}
    const headers = { ...this.#headers, ...length }
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
    let answered = false
    const request = ask(url, { method: this.#method, agent: this.#line.agent, headers })
    this.#request = request.on('error', reject)
    request.on('response', (response) => {
      answered = true
      // Before all is sent it is a refusal: the rest stays.
      part?.stop()
      resolve(response)
    })
    const sending = part?.sendInto(request) ?? Promise.resolve()
    sending.then(
      () => request.end(),
      (error: unknown) => {
        // Not after an answer: that is told instead.
        if (!answered) request.destroy()
        reject(error)
      },
    )
    try {
      return await answerOf(await promise)
    } finally {
      part?.stop()
    }
  }

  async abort(): Promise<void> {
    this.#request?.destroy()
  }

  getUnderlyingObject(): unknown {
    return this.#request
  }
}

async function answerOf(response: IncomingMessage): Promise<HttpResponse> {
  let body = ''
  for await (const some of response) {
    body += some
    if (body.length > ANSWER_BYTES_MAX) break
  }
  return {
    getStatus: () => response.statusCode ?? 0,
    getHeader: (name) => response.headers[name.toLowerCase()]?.toString(),
    getBody: () => body,
    getUnderlyingObject: () => response,
  }
}
