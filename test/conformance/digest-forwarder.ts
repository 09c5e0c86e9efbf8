import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'

const HASHES: Readonly<Record<string, string>> = { MD5: 'md5', 'SHA-256': 'sha256' }
const ADDRESS = '127.0.0.1'

export interface Forwarder extends AsyncDisposable {
  /** `host:port`, to be asked in place of the camera. */
  readonly host: string
  /** How often each algorithm was used. */
  readonly used: ReadonlyMap<string, number>
}

/**
 * Stands before a camera that takes HTTP Digest alone, for a client that knows none: answers each challenge (RFC 7616) with
 * the algorithms in turn that are offered, and puts its own address into the answers in place of the camera's.
 */
export async function forwardWithDigest(camera: string, user: string, password: string): Promise<Forwarder> {
  const used = new Map<string, number>()
  const server = createServer(async (request, response) => {
    const body = await bodyOf(request)
    const target = request.url ?? '/'
    const send = (authorization?: string) => {
      const type = request.headers['content-type'] ?? 'application/soap+xml'
      const headers = { 'content-type': type, ...(authorization ? { authorization } : {}) }
      return fetch(`http://${camera}${target}`, { method: 'POST', body, headers, signal: AbortSignal.timeout(30_000) })
    }
    let answer = await send()
    const challenges = challengesIn(answer)
    if (answer.status === 401 && challenges.length > 0) {
      await answer.arrayBuffer()
      const count = [...used.values()].reduce((sum, one) => sum + one, 0)
      const { algorithm, authorization } = respond(challenges, count, target, user, password)
      used.set(algorithm, (used.get(algorithm) ?? 0) + 1)
      answer = await send(authorization)
    }
    const text = (await answer.text()).replaceAll(`http://${camera}`, `http://${host}`)
    response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? 'text/plain' })
    response.end(text)
  })
  server.listen(0, ADDRESS)
  await once(server, 'listening')
  const bound = server.address()
  const host = `${ADDRESS}:${typeof bound === 'object' ? bound?.port : 0}`
  const stop = async () => {
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  }
  return { host, used, [Symbol.asyncDispose]: stop }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of request) text += chunk
  return text
}

type Challenge = Readonly<Record<string, string>>

/** Those of Digest whose algorithm is known; fetch joins several headers with a comma. */
function challengesIn(answer: Response): Challenge[] {
  return (answer.headers.get('www-authenticate') ?? '')
    .split(/,?\s*(?=Digest )/)
    .filter((one) => one.startsWith('Digest '))
    .map((one) => {
      const fields: Record<string, string> = { algorithm: 'MD5' }
      for (const [, name = '', quoted, bare] of one.slice(7).matchAll(/([a-z]+)=(?:"([^"]*)"|([^\s,]+))/gi))
        fields[name] = quoted ?? bare ?? ''
      return fields
    })
    .filter(({ algorithm = '' }) => algorithm in HASHES)
}

function respond(challenges: readonly Challenge[], turn: number, target: string, user: string, password: string) {
  const challenge = challenges[turn % challenges.length] ?? {}
  const { algorithm = 'MD5', realm = '', nonce = '' } = challenge
  const hash = (text: string) =>
    createHash(HASHES[algorithm] ?? 'md5')
      .update(text)
      .digest('hex')
  const cnonce = randomBytes(8).toString('hex')
  const secret = hash(`${user}:${realm}:${password}`)
  const response = hash(`${secret}:${nonce}:00000001:${cnonce}:auth:${hash(`POST:${target}`)}`)
  const authorization =
    `Digest username="${user}", realm="${realm}", nonce="${nonce}", uri="${target}", algorithm=${algorithm}, ` +
    `qop=auth, nc=00000001, cnonce="${cnonce}", response="${response}"`
  return { algorithm, authorization }
}
