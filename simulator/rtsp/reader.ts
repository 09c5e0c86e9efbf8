export interface RtspRequest {
  readonly kind: 'request'
  readonly method: string
  readonly uri: string
  /** Lower-case names. */
  readonly headers: ReadonlyMap<string, string>
}

/** What the client answers to a request of ours. */
interface ClientAnswer {
  readonly kind: 'answer'
  readonly headers: ReadonlyMap<string, string>
}

/** A packet that the client sent between requests: RTCP, as a rule (RFC 2326, 10.12). */
interface Interleaved {
  readonly kind: 'interleaved'
  readonly channel: number
}

type Heard = RtspRequest | ClientAnswer | Interleaved

const HEAD_BYTES_MAX = 8192
const BODY_BYTES_MAX = 8192
const DOLLAR = 0x24

class RtspSyntaxError extends Error {
  override readonly name = 'RtspSyntaxError'
}

/** Cuts a client's byte stream to requests and interleaved packets. Bounded: more than one whole head is never kept. */
export class RtspReader {
  #held: Buffer = Buffer.alloc(0)

  /** Throws RtspSyntaxError where the stream can't be read on. */
  read(chunk: Buffer): Heard[] {
    this.#held = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk])
    const items: Heard[] = []
    for (let item = this.#next(); item; item = this.#next()) items.push(item)
    return items
  }

  #next(): Heard | undefined {
    const held = this.#held
    if (held[0] === DOLLAR) {
      if (held.length < 4 || held.length < 4 + held.readUInt16BE(2)) return undefined
      this.#held = held.subarray(4 + held.readUInt16BE(2))
      return { kind: 'interleaved', channel: held[1] ?? 0 }
    }
    const end = held.indexOf('\r\n\r\n')
    if (end > HEAD_BYTES_MAX || (end < 0 && held.length > HEAD_BYTES_MAX))
      throw new RtspSyntaxError('The head is too long')
    if (end < 0) return undefined
    const request = parseHead(held.toString('latin1', 0, end))
    const bodyBytes = Number(request.headers.get('content-length') ?? 0)
    if (!(bodyBytes >= 0 && bodyBytes <= BODY_BYTES_MAX)) throw new RtspSyntaxError('The body is too long')
    if (held.length < end + 4 + bodyBytes) return undefined
    this.#held = held.subarray(end + 4 + bodyBytes)
    return request
  }
}

function parseHead(head: string): RtspRequest | ClientAnswer {
  const [first = '', ...lines] = head.replace(/^(\r\n)+/, '').split('\r\n')
  const [, method, uri] = /^([A-Z_]+) (\S+) RTSP\/1\.\d$/.exec(first) ?? []
  const isAnswer = /^RTSP\/1\.\d \d{3}\b/.test(first)
  if (!isAnswer && (!method || !uri)) throw new RtspSyntaxError('The request line is no RTSP')
  const headers = new Map<string, string>()
  for (const line of lines) {
    const colon = line.indexOf(':')
    if (colon > 0) headers.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim())
  }
  return method && uri ? { kind: 'request', method, uri, headers } : { kind: 'answer', headers }
}
