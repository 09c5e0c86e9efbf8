import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { reset } from '../faults/reset.ts'
import type { CredentialOutcome, Journal } from '../journal/journal.ts'
import type { Dispatch } from './dispatch.ts'
import { type CameraFacts, ofChannel } from './facts.ts'
import type { Admission, Guard } from './guard.ts'
import { type Reply, replyWith, SOAP_TYPE } from './reply.ts'
import { envelope, faultBody, parseRequest, SoapFault, type SoapRequest } from './soap.ts'
import { downloadAt } from './system-log.ts'
import { refusalOf } from './wrong/login.ts'
import { type ReplyKind, replyWrongly } from './wrong/replies.ts'
import { writeWrongly } from './wrong/wires.ts'

const BODY_BYTES_MAX = 65_536
/** A small camera's web server has few workers; beyond this a connection is closed at once. */
const CONNECTIONS_MAX = 32
const REQUEST_TIMEOUT_MS = 30_000

interface Outcome {
  readonly operation: string
  readonly admission: Admission
  readonly kind: ReplyKind
  readonly reply: Reply
}

const NOBODY: Admission = { admitted: false, credential: 'none', stale: false }

/** One camera's web server: ONVIF at its service paths and pull points, and snapshots. */
export class OnvifServer {
  readonly #facts: CameraFacts
  readonly #guard: Guard
  readonly #dispatch: Dispatch
  readonly #journal: Journal
  readonly #sockets = new Set<Socket>()
  #frozen: Buffer | undefined
  readonly #servicePaths: ReadonlySet<string>
  readonly #snapshotChannels: ReadonlyMap<string, number>

  constructor(facts: CameraFacts, guard: Guard, dispatch: Dispatch, journal: Journal) {
    this.#facts = facts
    this.#guard = guard
    this.#dispatch = dispatch
    this.#journal = journal
    const { paths, channels, services } = facts.profile
    this.#servicePaths = new Set([paths.device, paths.media, paths.events, ...Object.values(services)])
    this.#snapshotChannels = new Map(
      Array.from({ length: channels }, (_, i) => [ofChannel(paths.snapshot, i + 1), i + 1]),
    )
  }

  /** A server that isn't listening yet. A camera with a port for pull points of its own has two. */
  createServer(): Server {
    const server = createServer({ requestTimeout: REQUEST_TIMEOUT_MS }, (request, response) => {
      this.#serve(request, response).catch(() => response.destroy())
    })
    server.maxConnections = CONNECTIONS_MAX
    server.on('connection', (socket) => this.#welcome(socket))
    server.on('drop', (dropped) => this.#noteConnection(`${dropped?.remoteAddress}:${dropped?.remotePort}`, 'refused'))
    return server
  }

  #welcome(socket: Socket): void {
    const { faults } = this.#facts
    this.#sockets.add(socket)
    socket.once('close', () => this.#sockets.delete(socket))
    const isOneTooMany = faults.isOn('connections-max') && this.#sockets.size > faults.valueOf('connections-max')
    const refused = faults.isOn('unreachable') || isOneTooMany
    this.#noteConnection(`${socket.remoteAddress}:${socket.remotePort}`, refused ? 'refused' : 'accepted')
    if (refused) reset(socket)
  }

  #noteConnection(client: string, outcome: 'accepted' | 'refused'): void {
    this.#journal.add({ kind: 'connection', protocol: 'http', client, outcome })
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const client = `${request.socket.remoteAddress}:${request.socket.remotePort}`
    const { operation, admission, kind, reply: meant } = await this.#route(request, response)
    const reply = replyWrongly(meant, kind, this.#facts.faults)
    const credential: CredentialOutcome = admission.credential
    const user = admission.user === undefined ? {} : { user: admission.user }
    const authenticated = admission.admitted
    this.#journal.add({
      kind: 'request',
      protocol: 'http',
      client,
      operation,
      authenticated,
      credential,
      ...user,
      status: reply.status,
    })
    if (!writeWrongly(request.socket, reply, kind, this.#facts.faults)) write(response, reply)
  }

  async #route(request: IncomingMessage, response: ServerResponse): Promise<Outcome> {
    const target = request.url ?? '/'
    if (request.method === 'POST' && this.#isServicePath(target)) return this.#soap(request, response)
    if (request.method === 'GET' || request.method === 'HEAD') {
      const channel = this.#snapshotChannels.get(target)
      if (channel !== undefined) return this.#give(request, 'Snapshot', () => this.#snapshot(channel))
      const text = downloadAt(this.#facts, target)
      if (text !== undefined) return this.#give(request, 'Download', async () => replyWith(200, 'text/plain', text))
    }
    const reply = replyWith(404, 'text/html', NOT_FOUND_PAGE)
    return { operation: `${request.method} ${target.slice(0, 200)}`, admission: NOBODY, kind: 'other', reply }
  }

  #isServicePath(target: string): boolean {
    const [prefix = ''] = this.#facts.profile.subscription.path.split('{')
    return this.#servicePaths.has(target) || target.startsWith(prefix)
  }

  /** Gives a file to who may have it. */
  async #give(request: IncomingMessage, operation: string, file: () => Promise<Reply>): Promise<Outcome> {
    const admission = this.#admit(request, undefined)
    const kind = operation === 'Snapshot' ? 'snapshot' : 'other'
    if (admission.admitted) return { operation, admission, kind, reply: await file() }
    const headers = { 'WWW-Authenticate': this.#guard.challenges(admission.stale) }
    return { operation, admission, kind, reply: replyWith(401, 'text/html', UNAUTHORIZED_PAGE, headers) }
  }

  async #snapshot(channel: number): Promise<Reply> {
    const { faults, showings, now, cameraNow } = this.#facts
    if (faults.isOn('snapshot-slow')) await wait(faults.valueOf('snapshot-slow'), undefined, { ref: false })
    const jpeg = showings[channel - 1]?.jpegAt(now(), Math.round(cameraNow() - now())) ?? Buffer.alloc(0)
    this.#frozen = faults.isOn('snapshot-frozen') ? (this.#frozen ?? jpeg) : undefined
    return replyWith(200, 'image/jpeg', this.#frozen ?? jpeg)
  }

  async #soap(request: IncomingMessage, response: ServerResponse): Promise<Outcome> {
    const text = await readBody(request)
    let operation = 'unreadable'
    let admission = this.#admit(request, undefined)
    if (text === undefined) {
      const reply = replyWith(413, 'text/plain', 'The request is too large', { Connection: 'close' })
      return { operation, admission, kind: 'soap', reply }
    }
    try {
      const soap = parseRequest(text)
      operation = soap.operation
      if (admission.credential === 'none' && !admission.stale) admission = this.#admit(request, soap)
      return { operation, admission, kind: 'soap', reply: await this.#answer(request, response, soap, admission) }
    } catch (error) {
      if (!(error instanceof SoapFault)) throw error
      return { operation, admission, kind: 'soap', reply: this.#refuse(error, operation, admission) }
    }
  }

  #admit(request: IncomingMessage, soap: SoapRequest | undefined): Admission {
    const { faults } = this.#facts
    if (faults.isOn('exhausted-401') && this.#sockets.size > faults.valueOf('exhausted-401')) return NOBODY
    return this.#guard.admit({
      from: request.socket.remoteAddress ?? '',
      method: request.method ?? '',
      target: request.url ?? '',
      authorization: request.headers.authorization,
      header: soap?.header,
    })
  }

  async #answer(
    request: IncomingMessage,
    response: ServerResponse,
    soap: SoapRequest,
    admission: Admission,
  ): Promise<Reply> {
    const { profile, faults } = this.#facts
    const gone = new AbortController()
    const leave = () => gone.abort()
    response.once('close', leave)
    const cutMs = soap.operation === 'PullMessages' ? profile.pullCutMs : undefined
    const cut = cutMs === undefined ? undefined : setTimeout(() => request.socket.destroy(), cutMs)
    try {
      if (faults.isOn('slow-answers')) await wait(faults.valueOf('slow-answers'), undefined, { signal: gone.signal })
      const address = request.socket.remoteAddress ?? ''
      return await this.#dispatch.answer(soap, admission, { address, path: request.url ?? '', signal: gone.signal })
    } finally {
      clearTimeout(cut)
      response.off('close', leave)
    }
  }

  #refuse(fault: SoapFault, operation: string, admission: Admission): Reply {
    const { profile, faults } = this.#facts
    if (faults.isOn('create-404') && operation === 'CreatePullPointSubscription' && admission.admitted)
      return replyWith(404, 'text/html', NOT_FOUND_PAGE)
    const refusal = refusalOf(profile, faults)
    const text = envelope(faultBody(fault))
    if (!fault.subcodes.includes('ter:NotAuthorized')) return replyWith(fault.status, SOAP_TYPE, text)
    // Who was let in and may not ask this would gain nothing by answering a challenge.
    if (admission.admitted) return replyWith(fault.status, SOAP_TYPE, text)
    const challenges = refusal.status === 401 ? this.#guard.challenges(admission.stale) : []
    const headers = challenges.length > 0 ? { 'WWW-Authenticate': challenges } : {}
    if (refusal.body === 'html') return replyWith(refusal.status, 'text/html', UNAUTHORIZED_PAGE, headers)
    return replyWith(refusal.status, SOAP_TYPE, text, headers)
  }
}

const NOT_FOUND_PAGE = '<html><body><h1>404 Not Found</h1></body></html>'
const UNAUTHORIZED_PAGE =
  '<!DOCTYPE html>\n<html><head><title>Document Error: Unauthorized</title></head>\n' +
  '<body><h2>Access Error: 401 -- Unauthorized</h2><p>Authentication is needed.</p></body></html>'

function write(response: ServerResponse, { status, type, body, headers }: Reply): void {
  if (response.destroyed) return
  response.writeHead(status, { ...headers, 'Content-Type': type, 'Content-Length': body.length })
  // A short body goes out with its head in one piece, which Node does for strings alone; latin1 keeps every byte.
  if (body.length > ONE_PIECE_BYTES_MAX) response.end(body)
  else response.end(body.toString('latin1'), 'latin1')
}

const ONE_PIECE_BYTES_MAX = 32_768

/** Reads the whole body, or says undefined where it is longer than a camera would take. */
async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    bytes += chunk.length
    if (bytes > BODY_BYTES_MAX) {
      request.resume()
      return undefined
    }
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
