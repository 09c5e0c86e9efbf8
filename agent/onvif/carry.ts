import { connect, isIPv6, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { errorKind, LenscapError } from '../base/errors.ts'
import { type Headers, NoHttp, type ReplyHead, ReplyReader } from './http-reply.ts'
import type { KeptConnection } from './kept.ts'
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
  readonly headers: Headers
  /** `WWW-Authenticate`, one entry per header: a device may offer MD5 and SHA-256 side by side. */
  readonly challenges: readonly string[]
  /** The envelope, without what came attached to it. */
  readonly text: string
  /** All of it, as it came. */
  readonly bytes: Buffer
  /** What came attached, by Content-ID. */
  readonly parts: ReadonlyMap<string, Buffer>
}

export interface CarryOptions {
  /** Ends it at once, connection included; the caller's total deadline is in it. */
  readonly signal: AbortSignal
  /** Of the whole reply, REPLY_BYTES_MAX where absent; its envelope is held to that in any case. */
  readonly bytesMax?: number | undefined
  /** Where a connection may come from, and stay for the next exchange; one of its own where absent. */
  readonly kept?: Pick<KeptConnection, 'take' | 'isWelcome'>
  /** Takes an open connection after the exchange, or closes it. */
  readonly keep?: (socket: Socket) => void
}

/** Whether what failed was asked on a kept connection that broke before a byte of the answer had come. */
export const brokeKept = (error: unknown) => error instanceof LenscapError && error.facts['kept'] === true

/**
 * Sends one SOAP message, or fetches a file, and reads the whole reply. A redirect is an answer, never followed.
 * @throws LenscapError `unreachable`, `timeout`, `limit` or `cancelled`
 */
export function carry(target: Target, message: Message | Fetch, options: CarryOptions): Promise<RawReply> {
  return new Carriage(target, message, options).reply
}

/** One exchange. */
class Carriage {
  readonly #target: Target
  readonly #message: Message | Fetch
  readonly #options: CarryOptions
  readonly #outcome = Promise.withResolvers<RawReply>()
  readonly #reader = new ReplyReader()
  readonly #socket: Socket
  readonly #isKept: boolean
  /** How far it got with a device that failed it: tells a dead one from one that answers nonsense. */
  #reached: 'nothing' | 'connection' | 'answer' = 'nothing'
  #hasBegun = false

  constructor(target: Target, message: Message | Fetch, options: CarryOptions) {
    this.#target = target
    this.#message = message
    this.#options = options
    const request = requestOf(target, message, options.kept?.isWelcome === true)
    const kept = options.kept?.take(target)
    this.#isKept = kept !== undefined
    this.#socket = kept ?? dial(target)
    if (kept) this.#reached = 'connection'
    else this.#socket.once('connect', this.#onConnect)
    this.#socket.on('data', this.#onData).on('end', this.#onEnd).on('error', this.#onError).on('close', this.#onClose)
    options.signal.addEventListener('abort', this.#onAbort)
    this.#socket.write(request)
    if (options.signal.aborted) this.#onAbort()
  }

  get reply(): Promise<RawReply> {
    return this.#outcome.promise
  }

  readonly #onConnect = () => {
    this.#reached = 'connection'
  }

  readonly #onData = (chunk: Buffer) => {
    this.#hasBegun = true
    const reader = this.#reader
    try {
      reader.push(chunk)
    } catch (cause) {
      if (cause instanceof NoHttp) this.#reached = 'answer'
      this.#fail(cause)
      return
    }
    const { head } = reader
    if (!head) return
    this.#reached = 'answer'
    if (reader.bodyBytes > (this.#options.bytesMax ?? REPLY_BYTES_MAX)) this.#failBySize()
    else if (reader.isWhole || this.#endsEarly(head)) this.#finish(head)
  }

  /** Some devices promise more bytes than they send, and would keep us waiting. */
  #endsEarly({ headers }: ReplyHead): boolean {
    if (!('body' in this.#message) || isMultipart(headers['content-type'])) return false
    return /<\/[^<>\s]*Envelope\s*>\s*$/.test(this.#reader.tail(64).toString('latin1'))
  }

  readonly #onEnd = () => {
    this.#reader.end()
    const { head, isWhole } = this.#reader
    // A refusal's status says all: its page of HTML may be shorter than it promises.
    const isRefusal = head?.status === 401 || head?.status === 403
    if (head && (isWhole || isRefusal)) this.#finish(head)
    else this.#fail(new Error(head ? 'The device cut its reply short' : 'The device closed the connection'))
  }

  readonly #onError = (cause: Error) => {
    const { head } = this.#reader
    if (head?.status === 401 || head?.status === 403) this.#finish(head)
    else this.#fail(cause)
  }

  readonly #onClose = () => this.#onEnd()

  readonly #onAbort = () => this.#fail(this.#options.signal.reason)

  #finish(head: ReplyHead): void {
    const reply = replyOf(head, this.#reader.body)
    if ('body' in this.#message && reply.text.length > REPLY_BYTES_MAX) {
      this.#failBySize()
      return
    }
    this.#leave()
    const mayGoOn = this.#reader.mayGoOn && this.#options.kept?.isWelcome === true
    if (mayGoOn && this.#options.keep) this.#options.keep(this.#socket)
    else this.#close()
    this.#outcome.resolve(reply)
  }

  #failBySize(): void {
    const facts = { ...this.#facts(), bytes: this.#reader.bodyBytes }
    this.#fail(new LenscapError('limit', 'The reply is larger than any camera needs', facts))
  }

  #fail(cause: unknown): void {
    this.#leave()
    this.#close()
    const facts = { ...this.#facts(), reached: this.#reached }
    const { signal } = this.#options
    this.#outcome.reject(connectionError(cause, signal, facts, this.#isKept && !this.#hasBegun))
  }

  #close(): void {
    // What it still fails with is nobody's concern.
    this.#socket.on('error', () => {})
    this.#socket.destroy()
  }

  /** The socket means nothing to this exchange any more. */
  #leave(): void {
    const socket = this.#socket
    socket.off('connect', this.#onConnect).off('data', this.#onData).off('end', this.#onEnd)
    socket.off('error', this.#onError).off('close', this.#onClose)
    this.#options.signal.removeEventListener('abort', this.#onAbort)
  }

  #facts(): Record<string, string | number> {
    const { address, port } = this.#target
    return { address, port, operation: this.#message.operation }
  }
}

function replyOf({ status, headers, challenges }: ReplyHead, bytes: Buffer): RawReply {
  const several = partsIn(headers['content-type'], bytes)
  return {
    status,
    headers,
    challenges,
    text: (several?.root ?? bytes).toString('utf8'),
    bytes,
    parts: several?.parts ?? NONE,
  }
}

const NONE: ReadonlyMap<string, Buffer> = new Map()

function dial({ address, port, https }: Target): Socket {
  const where = { host: address, port, noDelay: true }
  // Cameras sign their own certificates; the password never travels in the clear (digest only), so it is no secret
  // that a stranger in the middle could take.
  return https ? connectTls({ ...where, rejectUnauthorized: false, ALPNProtocols: ['http/1.1'] }) : connect(where)
}

/** Head and body in one piece, since some devices look at the first packet only. */
function requestOf(target: Target, message: Message | Fetch, mayGoOn: boolean): Buffer {
  const { path } = target
  const { authorization } = message
  const [action, body] = 'body' in message ? [message.action, message.body] : [undefined, '']
  // All of these were told by the device.
  for (const text of [path, action, authorization]) {
    if (text && /[\r\n\0]/.test(text))
      throw new LenscapError('invalid', 'What the device told can not be sent back to it')
  }
  const bytes = Buffer.byteLength(body)
  const content =
    action === undefined
      ? ''
      : `Content-Type: application/soap+xml; charset=utf-8; action="${action}"\r\nContent-Length: ${bytes}\r\n`
  const login = authorization === undefined ? '' : `Authorization: ${authorization}\r\n`
  const first = `${action === undefined ? 'GET' : 'POST'} ${path} HTTP/1.1\r\nHost: ${hostOf(target)}\r\n`
  const head = `${first}Connection: ${mayGoOn ? 'keep-alive' : 'close'}\r\n${content}${login}\r\n`
  const request = Buffer.allocUnsafe(head.length + bytes)
  request.write(head, 'latin1')
  request.write(body, head.length, 'utf8')
  return request
}

function hostOf({ address, port, https }: Target): string {
  const host = isIPv6(address.replace(/%.*$/, '')) ? `[${address.replace(/%.*$/, '')}]` : address
  return port === (https ? 443 : 80) ? host : `${host}:${port}`
}

function connectionError(
  cause: unknown,
  signal: AbortSignal,
  facts: Record<string, string | number>,
  isKept: boolean,
): LenscapError {
  if (cause instanceof LenscapError) return cause
  const kind = signal.aborted ? errorKind(signal.reason) : errorKind(cause)
  if (kind === 'timeout') return new LenscapError('timeout', 'The device did not answer in time', facts, cause)
  if (kind === 'cancelled') return new LenscapError('cancelled', 'Stopped', facts, cause)
  // Whatever else breaks below HTTP (a reset, bytes that are no HTTP) is no answer.
  const all = isKept ? { ...facts, kept: true } : facts
  return new LenscapError('unreachable', 'The device does not answer', all, cause)
}
