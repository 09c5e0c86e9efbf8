/** A reply of several parts (MTOM, RFC 2387): the envelope, and what it refers to by `cid:`. */
export interface Multipart {
  readonly root: Buffer
  /** By Content-ID, without its angle brackets. */
  readonly parts: ReadonlyMap<string, Buffer>
}

const PARTS_MAX = 8
const HEAD_BYTES_MAX = 8_192

interface Part {
  readonly id: string
  readonly data: Buffer
}

/** The parts of a `multipart/related` reply; undefined for any other type, or where no part can be found. */
export function partsIn(contentType: string | undefined, bytes: Buffer): Multipart | undefined {
  if (!isMultipart(contentType)) return undefined
  const boundary = parameter(contentType, 'boundary')
  if (boundary === undefined) return undefined
  const found: Part[] = []
  const mark = Buffer.from(`--${boundary}`)
  let start = bytes.indexOf(mark)
  while (start >= 0 && found.length < PARTS_MAX) {
    const from = start + mark.length
    const next = bytes.indexOf(mark, from)
    // The last part is taken though its end is missing: some devices forget the closing boundary.
    const part = partIn(bytes.subarray(from, next < 0 ? bytes.length : next))
    if (part) found.push(part)
    start = next
  }
  const wanted = withoutBrackets(parameter(contentType, 'start') ?? '')
  const root = found.find(({ id }) => id !== '' && id === wanted) ?? found[0]
  return root && { root: root.data, parts: new Map(found.map(({ id, data }) => [id, data])) }
}

export const isMultipart = (contentType: string | undefined): contentType is string =>
  /^\s*multipart\/related\b/i.test(contentType ?? '')

/** A part with its head and the line break that belongs to the next boundary. */
function partIn(bytes: Buffer): Part | undefined {
  const crlf = bytes.subarray(0, HEAD_BYTES_MAX).indexOf('\r\n\r\n')
  const lf = crlf >= 0 ? -1 : bytes.subarray(0, HEAD_BYTES_MAX).indexOf('\n\n')
  if (crlf < 0 && lf < 0) return undefined
  const head = bytes.subarray(0, crlf >= 0 ? crlf : lf).toString('latin1')
  const body = bytes.subarray(crlf >= 0 ? crlf + 4 : lf + 2)
  const end = body.subarray(-2).toString('latin1') === '\r\n' ? 2 : body.at(-1) === 0x0a ? 1 : 0
  const data = body.subarray(0, body.length - end)
  const id = withoutBrackets(field(head, 'content-id'))
  const isBase64 = field(head, 'content-transfer-encoding').toLowerCase() === 'base64'
  return { id, data: isBase64 ? Buffer.from(data.toString('latin1'), 'base64') : data }
}

/** A header field of a part, unfolded enough for the two that matter. */
const field = (head: string, name: string) =>
  head
    .split(/\r?\n/)
    .find((line) => line.toLowerCase().startsWith(`${name}:`))
    ?.slice(name.length + 1)
    .trim() ?? ''

const withoutBrackets = (id: string) => id.replace(/^<|>$/g, '')

/** A parameter of a Content-Type, quoted or not (RFC 2045, 5.1). */
function parameter(contentType: string, name: string): string | undefined {
  const [, quoted, plain] = new RegExp(`;\\s*${name}=(?:"([^"]*)"|([^\\s;"]+))`, 'i').exec(contentType) ?? []
  return quoted ?? plain
}
