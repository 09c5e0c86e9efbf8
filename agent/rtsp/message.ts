import { LenscapError } from '../base/errors.ts'

/** Header fields by lower-case name; a field that came several times keeps every value, in order. */
export type Headers = ReadonlyMap<string, readonly string[]>

/** What a camera sent outside the interleaved frames (RFC 2326, 6 and 7). */
export type RtspMessage = RtspResponse | RtspRequest

export interface RtspResponse {
  readonly type: 'response'
  readonly status: number
  readonly reason: string
  readonly headers: Headers
  readonly body: Uint8Array
}

interface RtspRequest {
  readonly type: 'request'
  readonly method: string
  readonly headers: Headers
  readonly body: Uint8Array
}

export type Head = Omit<RtspResponse, 'body'> | Omit<RtspRequest, 'body'>

/** The first value of a header, trimmed. */
export const header = (headers: Headers, name: string): string | undefined => headers.get(name)?.[0]

/**
 * Reads start line and header fields, tolerating bare line feeds.
 * @throws LenscapError `invalid` when the first line belongs to no RTSP message
 */
export function parseHead(text: string): Head {
  const [start = '', ...lines] = text.split(/\r?\n/)
  const headers = parseHeaders(lines)
  const response = /^RTSP\/\d\.\d\s+(\d{3})\s*(.*)$/i.exec(start)
  if (response) return { type: 'response', status: Number(response[1]), reason: response[2] ?? '', headers }
  const request = /^([A-Z_]{1,32})\s+\S+\s+RTSP\/\d\.\d$/.exec(start)
  if (request) return { type: 'request', method: request[1] ?? '', headers }
  throw new LenscapError('invalid', 'The camera sent something that is not RTSP', { line: printable(start) })
}

function parseHeaders(lines: readonly string[]): Headers {
  const headers = new Map<string, string[]>()
  for (const line of lines) {
    const colon = line.indexOf(':')
    if (colon <= 0) continue
    const name = line.slice(0, colon).trim().toLowerCase()
    const value = line.slice(colon + 1).trim()
    const values = headers.get(name)
    if (values) values.push(value)
    else headers.set(name, [value])
  }
  return headers
}

/** One request without a body, as it goes on the wire. */
export function formatRequest(method: string, uri: string, headers: Readonly<Record<string, string>>): Buffer {
  const fields = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  return Buffer.from(`${method} ${uri} RTSP/1.0\r\n${fields.join('')}\r\n`, 'latin1')
}

/** A camera's words, cut and cleaned for an error's facts. */
export const printable = (text: string): string => text.slice(0, 80).replace(/[^\x20-\x7e]/g, '?')
