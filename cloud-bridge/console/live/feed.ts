import type { LiveNews } from '../../web/api.ts'
import { type Message, mimeOf, readMessage, timeOf } from './fragment.ts'
import { LockedError } from './opener.ts'
import { Queue } from './queue.ts'

/** What is needed of a MediaSource, here or in a worker, managed or not. */
type Media = Pick<MediaSource, 'readyState' | 'addSourceBuffer'> & {
  addEventListener(type: 'sourceopen', listener: () => void, options: { once: true }): void
}

/**
 * The connection has ended; what comes can't be shown by this MediaSource, so begin `another`; there is no key here for
 * what is encrypted for the owner alone; or what came was changed on its way.
 */
export type FeedEnd = 'closed' | 'unplayable' | 'another' | 'locked' | 'changed'

export type FeedDeps = {
  readonly url: string
  readonly media: Media
  readonly onNews: (news: LiveNews) => void
  /** The newest picture that the browser has taken: when it is shown, in seconds of the video. */
  readonly onNewest: (seconds: number) => void
  readonly onEnd: (why: FeedEnd) => void
  /** Reads what is encrypted for the owner alone, head first, in order. */
  readonly open: (data: ArrayBuffer) => Promise<Message | undefined>
}

/** Of the past so much is kept: a browser may go back to the last keyframe. */
const KEPT_S = 10
const FORGET_EVERY_S = 20
const WAITING_BYTES_MAX = 16 * 1024 * 1024
/** A picture that is further from the one before begins another time. */
const LEAP_S = 5

/** Brings a live view from its WebSocket into a SourceBuffer. */
export class Feed {
  readonly #deps: FeedDeps
  readonly #socket: WebSocket
  #isOver = false
  #buffer: SourceBuffer | undefined
  #mime = ''
  #init = ''
  #waiting: Uint8Array<ArrayBuffer>[] = []
  #waitingBytes = 0
  /** Of the newest picture that waits, and of the newest that the browser has. */
  #newest: number | undefined
  #appended: number | undefined
  #forgottenAt = 0
  readonly #sealed: Queue
  #isSealed = false
  /** That it is live, until a first message was opened. */
  #untold: LiveNews | undefined
  #hasOpened = false

  constructor(deps: FeedDeps) {
    this.#deps = deps
    const fail = (error: unknown) => this.#end(endOf(error))
    this.#sealed = new Queue({ open: deps.open, take: (message) => this.#takeOpened(message), fail })
    this.#socket = new WebSocket(deps.url)
    this.#socket.binaryType = 'arraybuffer'
    this.#socket.addEventListener('message', ({ data }: MessageEvent<string | ArrayBuffer>) => {
      if (typeof data === 'string') this.#hear(data)
      else this.#receive(data)
    })
    this.#socket.addEventListener('close', () => this.#end('closed'))
    if (deps.media.readyState !== 'open') deps.media.addEventListener('sourceopen', this.#pump, { once: true })
  }

  close(): void {
    this.#isOver = true
    this.#sealed.close()
    this.#socket.close()
  }

  #end(why: FeedEnd): void {
    if (this.#isOver) return
    this.close()
    this.#deps.onEnd(why)
  }

  #hear(text: string): void {
    // The bridge is of the same release and origin.
    const news = JSON.parse(text) as LiveNews
    this.#isSealed = news.sealed
    const isUnseen = news.sealed && news.state === 'live' && !this.#hasOpened
    this.#untold = isUnseen ? news : undefined
    if (!isUnseen) this.#deps.onNews(news)
  }

  #receive(data: ArrayBuffer): void {
    if (this.#isSealed) this.#sealed.add(data)
    else this.#take(readMessage(data))
  }

  #takeOpened(message: Message): void {
    this.#hasOpened = true
    this.#take(message)
    if (this.#untold) this.#deps.onNews(this.#untold)
    this.#untold = undefined
  }

  #take(message: Message | undefined): void {
    if (message === undefined || this.#isOver || message.type === 'head') return
    if (message.type === 'init') this.#begin(message.body)
    else this.#picture(message.body)
  }

  /** The same one comes again and again, for whoever comes late. */
  #begin(init: Uint8Array<ArrayBuffer>): void {
    const text = String(init)
    if (text === this.#init) return
    const mime = mimeOf(init)
    // Another codec needs another SourceBuffer, and that another MediaSource.
    if (mime === undefined || (this.#mime !== '' && mime !== this.#mime)) {
      this.#end(mime === undefined ? 'unplayable' : 'another')
      return
    }
    this.#init = text
    this.#mime = mime
    this.#push(init)
  }

  #picture(fragment: Uint8Array<ArrayBuffer>): void {
    const time = timeOf(fragment)
    if (time === undefined || this.#mime === '') return
    // The camera's stream began anew, and its time with it.
    if (this.#newest !== undefined && Math.abs(time - this.#newest) > LEAP_S) {
      this.#end('another')
      return
    }
    this.#newest = Math.max(this.#newest ?? 0, time)
    this.#push(fragment)
  }

  #push(bytes: Uint8Array<ArrayBuffer>): void {
    this.#waiting.push(bytes)
    this.#waitingBytes += bytes.length
    if (this.#waitingBytes > WAITING_BYTES_MAX) this.#end('another')
    else this.#pump()
  }

  /** All that waits, at once; one after the other. */
  readonly #pump = (): void => {
    if (this.#isOver || this.#waiting.length === 0 || this.#deps.media.readyState !== 'open') return
    try {
      this.#buffer ??= this.#newBuffer()
      const buffer = this.#buffer
      if (buffer.updating) return
      if (this.#forgets(buffer)) return
      const all = this.#waiting.length === 1 ? this.#waiting[0] : joined(this.#waiting, this.#waitingBytes)
      this.#waiting = []
      this.#waitingBytes = 0
      this.#appended = this.#newest
      if (all) buffer.appendBuffer(all)
    } catch {
      // A browser that is out of room, or does not play this after all.
      this.#end('unplayable')
    }
  }

  #newBuffer(): SourceBuffer {
    const buffer = this.#deps.media.addSourceBuffer(this.#mime)
    buffer.addEventListener('updateend', () => {
      if (this.#isOver) return
      if (this.#appended !== undefined) this.#deps.onNewest(this.#appended)
      this.#pump()
    })
    buffer.addEventListener('error', () => this.#end('unplayable'))
    return buffer
  }

  #forgets(buffer: SourceBuffer): boolean {
    const until = (this.#newest ?? 0) - KEPT_S
    if (until - this.#forgottenAt < FORGET_EVERY_S) return false
    this.#forgottenAt = until
    this.#appended = undefined
    buffer.remove(0, until)
    return true
  }
}

/** Undefined: too much waits to be opened. */
function endOf(error: unknown): FeedEnd {
  if (error === undefined) return 'another'
  return error instanceof LockedError ? 'locked' : 'changed'
}

function joined(parts: readonly Uint8Array[], bytes: number): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(bytes)
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}
