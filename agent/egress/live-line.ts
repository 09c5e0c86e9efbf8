import { WebSocket } from 'ws'
import type { Clock } from '../base/clock.ts'
import { describeError, LenscapError } from '../base/errors.ts'
import type { Logger } from '../base/logger.ts'
import type { Grant } from '../consent/consent.ts'
import { DEVICE_PATHS } from '../protocol/claim.ts'
import type { Id } from '../protocol/envelope.ts'
import { LiveHeard, type LiveQuality, type LiveSaid } from '../protocol/live.ts'
import type { Ledger } from './ledger.ts'
import { type Line, makeLine } from './line.ts'
import { LivePart } from './live-part.ts'
import type { UploadTarget } from './upload.ts'

const HANDSHAKE_MS_MAX = 10_000
/** What may wait for the line: beyond it pictures are left out, up to the next keyframe. */
const WAITING_BYTES_MAX = 1024 * 1024
/** The bridge's word that it has all of the last part is waited for so long. */
const FAREWELL_MS_MAX = 2000
/** The bridge sends short texts only. */
const HEARD_BYTES_MAX = 4096

export interface LiveLineOptions {
  readonly grant: Grant
  readonly session: Id
  readonly quality: LiveQuality
  readonly target: UploadTarget
  readonly ledger: Pick<Ledger, 'append' | 'noteMissingEnd'>
  readonly clock: Clock
  readonly logger: Logger
  /** Ends it at once. */
  readonly signal: AbortSignal
  readonly waitingBytesMax?: number
}

type Piece = { readonly type: 'init' | 'key' | 'delta'; readonly parts: readonly Uint8Array[] }

/**
 * The connection to the bridge that carries one live view, encrypted message by message (docs/live.md). Nothing of it is
 * opened without a grant for live view, which is asked again before each message; when it ends, the connection is reset.
 */
export class LiveLine {
  readonly #options: LiveLineOptions
  readonly #line: Line
  readonly #socket: WebSocket
  readonly #done = Promise.withResolvers<void>()
  /** Parts that were sent whole, until the bridge says that it has them. */
  readonly #unconfirmed = new Map<string, LivePart>()
  #init: Buffer | undefined
  #part: LivePart | undefined
  #isDropping = false
  #dropped = 0
  #sentBytes = 0
  #isOver = false
  readonly #stop = () => this.#cut()

  private constructor(options: LiveLineOptions) {
    const { grant, session, target, signal } = options
    this.#options = options
    this.#line = makeLine(target.bridgeUrl, target.ca)
    const url = new URL(`${DEVICE_PATHS.live}/${session}`, target.bridgeUrl)
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:'
    this.#socket = new WebSocket(url, {
      agent: this.#line.agent,
      headers: { Authorization: `Bearer ${target.agent}.${target.token.reveal()}` },
      handshakeTimeout: HANDSHAKE_MS_MAX,
      // What is encrypted does not get smaller.
      perMessageDeflate: false,
      maxPayload: HEARD_BYTES_MAX,
      followRedirects: false,
    })
    this.#socket.on('message', (data, isBinary) => this.#hear(String(data), isBinary))
    this.#socket.on('close', () => this.#end())
    this.#socket.on('error', () => this.#end())
    grant.signal.addEventListener('abort', this.#stop)
    signal.addEventListener('abort', this.#stop)
  }

  /**
   * Dials the bridge. @throws LenscapError `refused` without permission, or where the bridge does not want it; `unreachable`
   */
  static async open(options: LiveLineOptions): Promise<LiveLine> {
    const { grant, signal, session } = options
    demandLive(grant)
    signal.throwIfAborted()
    const line = new LiveLine(options)
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    line.#socket.once('open', resolve)
    line.#socket.once('unexpected-response', (_, { statusCode = 0 }) => {
      const kind = statusCode < 500 ? 'refused' : 'busy'
      reject(new LenscapError(kind, 'The bridge does not take this live view', { status: statusCode }))
      line.#cut()
    })
    line.#socket.once('error', (cause) =>
      reject(new LenscapError('unreachable', 'No connection to the bridge', {}, cause)),
    )
    line.#done.promise.then(() => reject(new LenscapError('cancelled', 'Ended before it began')), reject)
    await promise
    line.say({ type: 'hello', v: 1, session, camera: grant.camera, grantSerial: grant.serial })
    return line
  }

  /** Resolves when the connection has ended, whoever ended it. */
  get ended(): Promise<void> {
    return this.#done.promise
  }

  /** Media that was handed to the connection. */
  get sentBytes(): number {
    return this.#sentBytes
  }

  say(said: LiveSaid): void {
    if (this.#isOpen) this.#socket.send(JSON.stringify(said))
  }

  /** Sends a piece, or leaves it out where the line is too slow. What goes wrong ends the connection. */
  send(piece: Piece): void {
    if (!this.#isOpen) return
    try {
      this.#options.grant.check()
      if (piece.type === 'init') this.#begin(Buffer.concat(piece.parts))
      else if (this.#hasRoom(piece)) this.#put(piece)
    } catch (error) {
      this.#options.logger.warn({ reason: describeError(error) }, 'A live view was ended')
      this.#cut()
    }
  }

  /** Ends it in order: what was sent arrives. */
  async close(): Promise<void> {
    if (!this.#isOpen) return
    this.#endPart()
    const late = this.#options.clock.sleep(FAREWELL_MS_MAX)
    if (this.#unconfirmed.size === 0) this.#socket.close(1000)
    this.#isClosing = true
    await Promise.race([this.#done.promise, late])
    this.#end()
  }

  #isClosing = false

  get #isOpen(): boolean {
    return !this.#isOver && !this.#isClosing && this.#socket.readyState === WebSocket.OPEN
  }

  /** Another decoder is needed from here on. */
  #begin(init: Buffer): void {
    this.#endPart()
    this.#init = init
  }

  #put({ type, parts }: Piece): void {
    if (this.#init === undefined) return
    const bytes = parts.reduce((sum, { length }) => sum + length, 0)
    const isDue = this.#part !== undefined && (type === 'key' ? this.#part.isDue : !this.#part.hasRoom(bytes))
    if (isDue) this.#endPart()
    this.#part ??= this.#newPart(this.#init)
    this.#write(this.#part.message(type, parts))
  }

  #newPart(init: Buffer): LivePart {
    const part = new LivePart(this.#options)
    // From here on it is in the books, whatever fails.
    this.#part = part
    this.#write(part.head())
    this.#write(part.message('init', [init]))
    return part
  }

  #endPart(): void {
    const part = this.#part
    if (part === undefined) return
    this.#part = undefined
    this.#unconfirmed.set(part.item, part)
    this.#write(part.message('end', []))
  }

  /** Whether the line keeps up; after it did not, only a keyframe is of use. */
  #hasRoom({ type }: Piece): boolean {
    const { waitingBytesMax = WAITING_BYTES_MAX } = this.#options
    const waiting = this.#socket.bufferedAmount
    if (waiting > waitingBytesMax) this.#isDropping = true
    else if (this.#isDropping && type === 'key' && waiting <= waitingBytesMax / 4) {
      this.#isDropping = false
      this.say({ type: 'dropped', pictures: this.#dropped })
      this.#dropped = 0
    }
    if (this.#isDropping) this.#dropped += 1
    return !this.#isDropping
  }

  #write(message: Buffer): void {
    this.#sentBytes += message.length
    this.#socket.send(message)
  }

  #hear(text: string, isBinary: boolean): void {
    const said = isBinary ? undefined : LiveHeard.safeParse(parseJson(text))
    if (!said?.success) return
    this.#book(this.#unconfirmed.get(said.data.item), 'done')
    this.#unconfirmed.delete(said.data.item)
    if (this.#isClosing && this.#unconfirmed.size === 0) this.#socket.close(1000)
  }

  /** Resets the connection: nothing that waits follows. */
  #cut(): void {
    this.#line.cut()
    this.#socket.terminate()
    this.#end()
  }

  #end(): void {
    if (this.#isOver) return
    this.#isOver = true
    const { grant, signal } = this.#options
    grant.signal.removeEventListener('abort', this.#stop)
    signal.removeEventListener('abort', this.#stop)
    this.#line.cut()
    this.#socket.terminate()
    for (const part of [...this.#unconfirmed.values(), this.#part]) this.#book(part, 'cut')
    this.#unconfirmed.clear()
    this.#part = undefined
    this.#done.resolve()
  }

  /** A full disk takes no row: that it has begun stands there, with more than what left. */
  #book(part: LivePart | undefined, outcome: 'done' | 'cut'): void {
    try {
      part?.book(outcome)
    } catch (error) {
      this.#options.ledger.noteMissingEnd()
      this.#options.logger.error({ reason: describeError(error) }, "The ledger can't be told how a live view ended")
    }
  }
}

function demandLive(grant: Grant): void {
  grant.check()
  if (grant.kind !== 'live') {
    throw new LenscapError('refused', `A grant for ${grant.kind}s does not allow live view`, { camera: grant.camera })
  }
  if (grant.recipients.length === 0) {
    throw new LenscapError('unsupported', 'The bridge names no key to encrypt media for: update the bridge', {})
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
