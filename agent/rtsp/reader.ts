import { LenscapError } from '../base/errors.ts'
import { type Head, header, parseHead, type RtspMessage } from './message.ts'

const DOLLAR = 0x24
const LF = 0x0a
const CR = 0x0d

export interface ReaderLimits {
  readonly headBytesMax: number
  readonly bodyBytesMax: number
}

interface ReaderHandlers {
  /** `payload` is only valid during the call: it may lie in the socket's own buffer. */
  readonly onFrame: (channel: number, payload: Uint8Array) => void
  readonly onMessage: (message: RtspMessage) => void
}

/**
 * Cuts the bytes of an RTSP connection into messages and interleaved frames (RFC 2326, 10.12), however they are split
 * into chunks. A frame that lies whole in its chunk is handed on without a copy.
 */
export class RtspReader {
  readonly #limits: ReaderLimits
  readonly #handlers: ReaderHandlers
  /** Start of a head or of a frame that the last chunk left unfinished, or the whole frame's or body's room. */
  #held: Buffer = Buffer.alloc(2048)
  #heldBytes = 0
  #state: 'start' | 'frame' | 'head' | 'body' = 'start'
  #wanted = 0
  #head: Head | undefined
  #lineBytes = 0

  constructor(limits: ReaderLimits, handlers: ReaderHandlers) {
    this.#limits = limits
    this.#handlers = handlers
  }

  /** @throws LenscapError `limit` for an oversized head or body, `invalid` for what is not RTSP */
  push(chunk: Uint8Array): void {
    let at = 0
    while (at < chunk.length) {
      if (this.#state === 'start') at = this.#start(chunk, at)
      else if (this.#state === 'frame') at = this.#fill(chunk, at)
      else if (this.#state === 'head') at = this.#readHead(chunk, at)
      else at = this.#fill(chunk, at)
    }
  }

  #start(chunk: Uint8Array, at: number): number {
    const first = chunk[at]
    if (first === CR || first === LF) return at + 1
    this.#heldBytes = 0
    if (first !== DOLLAR) {
      this.#state = 'head'
      this.#lineBytes = 0
      return at
    }
    if (chunk.length - at >= 4) {
      const end = at + 4 + (((chunk[at + 2] ?? 0) << 8) | (chunk[at + 3] ?? 0))
      if (end <= chunk.length) {
        this.#handlers.onFrame(chunk[at + 1] ?? 0, chunk.subarray(at + 4, end))
        return end
      }
    }
    this.#state = 'frame'
    this.#wanted = 4
    return at
  }

  /** Gathers a frame or a body that came in pieces. */
  #fill(chunk: Uint8Array, at: number): number {
    const end = Math.min(chunk.length, at + this.#wanted - this.#heldBytes)
    this.#hold(chunk, at, end)
    if (this.#heldBytes < this.#wanted) return end
    if (this.#state === 'body') {
      this.#finishMessage(Uint8Array.from(this.#held.subarray(0, this.#wanted)))
      return end
    }
    if (this.#wanted === 4) {
      this.#wanted = 4 + this.#held.readUInt16BE(2)
      if (this.#wanted > 4) return end
    }
    this.#state = 'start'
    this.#handlers.onFrame(this.#held[1] ?? 0, this.#held.subarray(4, this.#wanted))
    return end
  }

  /** Takes one line at a time; an empty line ends the head. */
  #readHead(chunk: Uint8Array, at: number): number {
    const feed = chunk.indexOf(LF, at)
    const end = feed < 0 ? chunk.length : feed + 1
    if (this.#heldBytes + end - at > this.#limits.headBytesMax) throw tooLarge('head', this.#limits.headBytesMax)
    this.#hold(chunk, at, end)
    this.#lineBytes += end - at
    if (feed < 0) return end
    const lineBytes = this.#lineBytes
    this.#lineBytes = 0
    const isEmpty = lineBytes === 1 || (lineBytes === 2 && this.#held[this.#heldBytes - 2] === CR)
    if (isEmpty) this.#finishHead(this.#held.toString('latin1', 0, this.#heldBytes - lineBytes).trimEnd())
    return end
  }

  #finishHead(text: string): void {
    this.#head = parseHead(text)
    const length = header(this.#head.headers, 'content-length') ?? '0'
    if (!/^\d{1,9}$/.test(length)) throw new LenscapError('invalid', "The camera's Content-Length is no number")
    this.#wanted = Number(length)
    if (this.#wanted > this.#limits.bodyBytesMax) throw tooLarge('body', this.#limits.bodyBytesMax)
    this.#heldBytes = 0
    this.#state = 'body'
    if (this.#wanted === 0) this.#finishMessage(new Uint8Array(0))
  }

  #finishMessage(body: Uint8Array): void {
    const head = this.#head
    this.#head = undefined
    this.#state = 'start'
    if (head) this.#handlers.onMessage({ ...head, body })
  }

  #hold(chunk: Uint8Array, from: number, to: number): void {
    const bytes = this.#heldBytes + to - from
    if (bytes > this.#held.length) {
      const larger = Buffer.alloc(Math.max(bytes, this.#wanted, this.#held.length * 2))
      larger.set(this.#held.subarray(0, this.#heldBytes))
      this.#held = larger
    }
    this.#held.set(chunk.subarray(from, to), this.#heldBytes)
    this.#heldBytes = bytes
  }
}

const tooLarge = (what: string, bytesMax: number) =>
  new LenscapError('limit', `The ${what} of the camera's reply is too large`, { bytesMax })
