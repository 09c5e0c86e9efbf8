/** Larger heads are not a camera's. */
const HEAD_BYTES_MAX = 16_384

/** Of the lines that say how long a chunk is. */
const CHUNK_LINE_BYTES_MAX = 1_024

/** By lower-case name. Of several of one name the first counts, but for lists, which are joined. */
export type Headers = Readonly<Record<string, string>>

/** What comes first of a reply. */
export interface ReplyHead {
  readonly status: number
  readonly headers: Headers
  /** `WWW-Authenticate`, one entry per header: a device may offer MD5 and SHA-256 side by side. */
  readonly challenges: readonly string[]
}

/** What came is no HTTP. */
export class NoHttp extends Error {
  override readonly name = 'NoHttp'
}

/** How the body ends: after so many bytes, after the last chunk, or with the connection. */
type Framing = { readonly leftBytes: number } | 'chunks' | 'connection'

/**
 * One reply, byte by byte as it comes (RFC 9112), read as tolerantly as cameras need: bare line feeds, folded headers, any
 * bytes in their values, interim answers. Node's own client costs twice as much for each exchange.
 */
export class ReplyReader {
  #unread: Buffer = Buffer.alloc(0)
  #head: ReplyHead | undefined
  #framing: Framing = 'connection'
  #isPersistent = false
  readonly #body: Buffer[] = []
  #bodyBytes = 0
  /** Of the chunk that is being read, undefined between two. */
  #chunkBytes: number | undefined
  #isTrailing = false
  #isWhole = false

  /** Undefined until it has come. */
  get head(): ReplyHead | undefined {
    return this.#head
  }

  /** All of it, however it ends. */
  get isWhole(): boolean {
    return this.#isWhole
  }

  get bodyBytes(): number {
    return this.#bodyBytes
  }

  get body(): Buffer {
    const [only, ...others] = this.#body
    return only && others.length === 0 ? only : Buffer.concat(this.#body)
  }

  /** The last bytes of the body so far. */
  tail(bytes: number): Buffer {
    const last = this.#body.at(-1)
    return last && last.length >= bytes ? last.subarray(-bytes) : Buffer.concat(this.#body.slice(-2)).subarray(-bytes)
  }

  /** Whether another request may follow on the same connection: the reply is whole, nothing came behind it. */
  get mayGoOn(): boolean {
    return this.#isWhole && this.#isPersistent && this.#framing !== 'connection' && this.#unread.length === 0
  }

  /** Takes what came. @throws NoHttp */
  push(chunk: Buffer): void {
    this.#unread = this.#unread.length === 0 ? chunk : Buffer.concat([this.#unread, chunk])
    while (!this.#head) if (!this.#readHead()) return
    if (this.#isWhole) return
    if (this.#framing === 'chunks') this.#readChunks()
    else this.#readPlain(this.#framing)
  }

  /** Nothing more comes. */
  end(): void {
    if (this.#head && this.#framing === 'connection') this.#isWhole = true
  }

  /** @returns whether there is more to look at */
  #readHead(): boolean {
    const end = endOfHead(this.#unread)
    if ((end?.at ?? this.#unread.length) > HEAD_BYTES_MAX) throw new NoHttp('The head of the reply is too long')
    if (end === undefined) {
      // What does not begin as HTTP never will.
      const begun = this.#unread.subarray(0, 5).toString('latin1').trimStart()
      if (!'HTTP/'.startsWith(begun)) throw new NoHttp('The reply is no HTTP')
      return false
    }
    const text = this.#unread.toString('latin1', 0, end.at)
    this.#unread = this.#unread.subarray(end.next)
    this.#takeHead(text)
    return true
  }

  #takeHead(text: string): void {
    const [first = '', ...lines] = unfolded(text.trimStart()).split(/\r?\n/)
    const [, minor, code] = /^HTTP\/\d(?:\.(\d))? +(\d{3})(?:\D|$)/.exec(first) ?? []
    if (code === undefined) throw new NoHttp('The reply is no HTTP')
    const status = Number(code)
    // Interim answers say nothing (RFC 9110, 15.2).
    if (status >= 100 && status < 200) {
      if (status === 101) throw new NoHttp('The reply changes the protocol')
      return
    }
    const { headers, challenges } = fieldsIn(lines)
    this.#head = { status, headers, challenges }
    const connection = headers['connection']?.toLowerCase() ?? ''
    this.#isPersistent = minor === '1' ? !connection.includes('close') : connection.includes('keep-alive')
    this.#framing = framingOf(status, headers)
    if (typeof this.#framing === 'object' && this.#framing.leftBytes === 0) this.#isWhole = true
  }

  #readPlain(framing: Exclude<Framing, 'chunks'>): void {
    const wanted = framing === 'connection' ? this.#unread.length : framing.leftBytes
    const taken = this.#take(wanted)
    if (framing === 'connection') return
    this.#framing = { leftBytes: framing.leftBytes - taken }
    this.#isWhole = taken === framing.leftBytes
  }

  #readChunks(): void {
    for (;;) {
      if (this.#chunkBytes === undefined) {
        const line = this.#line()
        if (line === undefined) return
        if (this.#isTrailing) {
          if (line === '') this.#isWhole = true
          if (this.#isWhole) return
          continue
        }
        const [, size] = /^\s*([0-9a-f]{1,8})\s*(?:;|$)/i.exec(line) ?? []
        if (size === undefined) throw new NoHttp('The chunks of the reply are broken')
        if (/^0+$/.test(size)) this.#isTrailing = true
        else this.#chunkBytes = Number.parseInt(size, 16)
        continue
      }
      if (this.#chunkBytes > 0) this.#chunkBytes -= this.#take(this.#chunkBytes)
      if (this.#chunkBytes > 0) return
      // The line break behind its data.
      const rest = this.#line()
      if (rest === undefined) return
      if (rest !== '') throw new NoHttp('The chunks of the reply are broken')
      this.#chunkBytes = undefined
    }
  }

  /** So many bytes of the body, at most. @returns how many there were */
  #take(bytes: number): number {
    const part = this.#unread.subarray(0, bytes)
    this.#unread = this.#unread.subarray(part.length)
    if (part.length > 0) this.#body.push(part)
    this.#bodyBytes += part.length
    return part.length
  }

  #line(): string | undefined {
    const end = this.#unread.indexOf(0x0a)
    if (end > CHUNK_LINE_BYTES_MAX || (end < 0 && this.#unread.length > CHUNK_LINE_BYTES_MAX)) {
      throw new NoHttp('The chunks of the reply are broken')
    }
    if (end < 0) return undefined
    const line = this.#unread.toString('latin1', 0, end).replace(/\r$/, '')
    this.#unread = this.#unread.subarray(end + 1)
    return line
  }
}

/** Where a head ends, and where what follows it begins. Blank lines before it are none of it (RFC 9112, 2.2). */
function endOfHead(bytes: Buffer): { at: number; next: number } | undefined {
  let from = 0
  while (bytes[from] === 0x0d || bytes[from] === 0x0a) from += 1
  const crlf = bytes.indexOf('\r\n\r\n', from, 'latin1')
  const lf = bytes.subarray(0, crlf < 0 ? bytes.length : crlf).indexOf('\n\n', from, 'latin1')
  if (lf >= 0) return { at: lf, next: lf + 2 }
  return crlf < 0 ? undefined : { at: crlf, next: crlf + 4 }
}

/** A line that begins with a blank belongs to the one before (RFC 9112, 5.2). */
const unfolded = (text: string) => (/\n[ \t]/.test(text) ? text.replace(/\r?\n[ \t]+/g, ' ') : text)

/** Of several of these the first counts; as Node does it. */
const SINGLE = new Set(['content-length', 'content-type', 'date', 'retry-after', 'location'])

function fieldsIn(lines: readonly string[]): Pick<ReplyHead, 'headers' | 'challenges'> {
  const headers: Record<string, string> = Object.create(null)
  const challenges: string[] = []
  for (const line of lines) {
    const colon = line.indexOf(':')
    if (colon < 0) continue
    const name = line.slice(0, colon).trim().toLowerCase()
    const value = line.slice(colon + 1).trim()
    if (name === 'www-authenticate') challenges.push(value)
    const before = headers[name]
    if (before === undefined) headers[name] = value
    else if (!SINGLE.has(name)) headers[name] = `${before}, ${value}`
  }
  return { headers, challenges }
}

/** RFC 9112, 6.3: chunks count before a length. */
function framingOf(status: number, headers: Headers): Framing {
  if (status === 204 || status === 304) return { leftBytes: 0 }
  if (/\bchunked\b/i.test(headers['transfer-encoding'] ?? '')) return 'chunks'
  const length = headers['content-length']
  if (length === undefined) return 'connection'
  if (!/^\d{1,15}$/.test(length)) throw new NoHttp("The reply's length is none")
  return { leftBytes: Number(length) }
}
