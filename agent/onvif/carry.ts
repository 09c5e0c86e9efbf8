import { type ClientRequest, request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { errorKind, LenscapError } from '../base/errors.ts'
import { isMultipart, partsIn } from './multipart.ts'

/** Larger replies are refused before they are parsed: parsers block the event loop for seconds on megabytes. */
export const REPLY_BYTES_MAX = 262_144

export interface Target {
  /** An address, never a name: what is dialled is what answered. */
  readonly address: string
  readonly port: number
  readonly path: string
  readonly https: boolean
}

export interface Message {
  readonly operation: string
  readonly action: string
  readonly body: string
  readonly authorization?: string
}

/** What lies at an address, fetched without a body. */
export interface Fetch {
  readonly operation: string
  readonly authorization?: string
}

export interface RawReply {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  /** `WWW-Authenticate`, one entry per header: a device may offer MD5 and SHA-256 side by side. */
  readonly challenges: readonly string[]
  /** The envelope, without what came attached to it. */
  readonly text: string
  /** All of it, as it came. */
  readonly bytes: Buffer
  /** What came attached, by Content-ID. */
  readonly parts: ReadonlyMap<string, Buffer>
}

/**
 * Sends one SOAP message, or fetches a file, on a connection of its own and reads the whole reply. A redirect is an answer,
 * never followed.
 * @param signal ends it at once, connection included; the caller's total deadline is in it
 * @param bytesMax of the whole reply; its envelope is held to REPLY_BYTES_MAX in any case
 * @throws LenscapError `unreachable`, `timeout`, `limit` or `cancelled`
 */
export function carry(
  target: Target,
  message: Message | Fetch,
  signal: AbortSignal,
  bytesMax = REPLY_BYTES_MAX,
): Promise<RawReply> {
  const { promise, resolve, reject } = Promise.withResolvers<RawReply>()
  const facts = { address: target.address, port: target.port, operation: message.operation }
  let reached: Reached = 'nothing'
  const fail = (cause: unknown) =>
    reject(connectionError(cause, signal, { ...facts, reached: furthest(reached, cause) }))
  const request = open(target, message, signal)
  request.on('error', fail)
  request.on('socket', (socket) => {
    socket.once('connect', () => {
      reached = 'connection'
    })
  })
  request.on('response', (response) => {
    reached = 'answer'
    const chunks: Buffer[] = []
    let bytes = 0
    const mayEndEarly = 'body' in message && !isMultipart(response.headers['content-type'])
    const tooLarge = () => {
      reject(new LenscapError('limit', 'The reply is larger than any camera needs', { ...facts, bytes }))
      request.destroy()
    }
    const done = () => {
      const reply = replyOf(response, Buffer.concat(chunks))
      if ('body' in message && reply.text.length > REPLY_BYTES_MAX) return tooLarge()
      resolve(reply)
      request.destroy()
    }
    response.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      chunks.push(chunk)
      if (bytes > bytesMax) tooLarge()
      else if (mayEndEarly && endsEnvelope(chunks)) done()
    })
    response.on('end', done)
    // A refusal's status says all: its page of HTML may be shorter than it promises.
    const isRefusal = response.statusCode === 401 || response.statusCode === 403
    response.on('error', (cause) => (isRefusal ? done() : fail(cause)))
    response.on('close', () => fail(new LenscapError('unreachable', 'The device cut its reply short', facts)))
  })
  if ('body' in message) request.end(message.body)
  else request.end()
  return promise
}

function replyOf(response: IncomingMessage, bytes: Buffer): RawReply {
  const { headers } = response
  const several = partsIn(headers['content-type'], bytes)
  return {
    status: response.statusCode ?? 0,
    headers,
    challenges: response.headersDistinct['www-authenticate'] ?? [],
    text: (several?.root ?? bytes).toString('utf8'),
    bytes,
    parts: several?.parts ?? new Map(),
  }
}

function open(target: Target, message: Message | Fetch, signal: AbortSignal): ClientRequest {
  const options = {
    host: target.address,
    port: target.port,
    path: target.path,
    method: 'body' in message ? 'POST' : 'GET',
    agent: false,
    signal,
    insecureHTTPParser: true, // cameras write headers that the strict parser refuses
    headers: {
      ...('body' in message && {
        'Content-Type': `application/soap+xml; charset=utf-8; action="${message.action}"`,
        'Content-Length': Buffer.byteLength(message.body),
      }),
      Connection: 'close',
      ...(message.authorization === undefined ? {} : { Authorization: headerText(message.authorization) }),
    },
  }
  // Cameras sign their own certificates; the password never travels in the clear (digest only), so it is no secret
  // that a stranger in the middle could take.
  return target.https ? httpsRequest({ ...options, rejectUnauthorized: false }) : httpRequest(options)
}

/** A header carries bytes; a user's name may carry more than ASCII. */
const headerText = (text: string) => Buffer.from(text, 'utf8').toString('latin1')

/** True once the envelope is closed: some devices promise more bytes than they send, and would keep us waiting. */
function endsEnvelope(chunks: readonly Buffer[]): boolean {
  const tail = Buffer.concat(chunks.slice(-2)).subarray(-64).toString('latin1')
  return /<\/[^<>\s]*Envelope\s*>\s*$/.test(tail)
}

/** How far it got with a device that failed it: tells a dead one from one that answers nonsense. */
type Reached = 'nothing' | 'connection' | 'answer'

/** What is no HTTP is an answer too. */
const furthest = (reached: Reached, cause: unknown): Reached =>
  cause instanceof Error && 'code' in cause && String(cause.code).startsWith('HPE_') ? 'answer' : reached

function connectionError(cause: unknown, signal: AbortSignal, facts: Record<string, string | number>): LenscapError {
  if (cause instanceof LenscapError) return cause
  const kind = signal.aborted ? errorKind(signal.reason) : errorKind(cause)
  if (kind === 'timeout') return new LenscapError('timeout', 'The device did not answer in time', facts, cause)
  if (kind === 'cancelled') return new LenscapError('cancelled', 'Stopped', facts, cause)
  // Whatever else breaks below HTTP (a reset, bytes that are no HTTP) is no answer.
  return new LenscapError('unreachable', 'The device does not answer', facts, cause)
}
