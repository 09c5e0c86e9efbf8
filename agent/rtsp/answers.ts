import { type ErrorKind, LenscapError } from '../base/errors.ts'
import { header, printable, type RtspResponse } from './message.ts'

// RFC 2326 says 60 where the camera says nothing; some that say nothing mean less.
const SESSION_TIMEOUT_S = 24

/** @throws LenscapError whose kind says what a caller can do, for every answer but 200 (RFC 2326, 11) */
export function demandOk(response: RtspResponse, method: string, host: string): RtspResponse {
  const { status } = response
  if (status === 200) return response
  const said = `${status} ${printable(response.reason)}`.trim()
  throw new LenscapError(kindOf(status), `${host} answered ${method} with ${said}`, { host, method, status })
}

function kindOf(status: number): ErrorKind {
  if (status === 401 || status === 403) return 'refused'
  if (status === 408) return 'timeout'
  // Not enough bandwidth, service unavailable, internal error: what cameras say when their slots are taken.
  if (status === 453 || status === 500 || status === 503) return 'busy'
  if (status === 454) return 'unreachable'
  // A redirect (RFC 2326, 11.1) would lead to another host: only the one that was given is dialled.
  const isRedirect = status >= 300 && status < 400
  return isRedirect || status === 461 || status === 501 || status === 505 ? 'unsupported' : 'invalid'
}

/** `Session: id;timeout=s` (RFC 2326, 12.37). @throws LenscapError `invalid` without a sendable id */
export function readSession(response: RtspResponse): { readonly id: string; readonly timeoutS: number } {
  const [id = '', ...parameters] = (header(response.headers, 'session') ?? '').split(';')
  if (!/^[\x21-\x7e]{1,256}$/.test(id.trim())) throw new LenscapError('invalid', 'The camera opened no session')
  const timeout = parameters.map((text) => /^\s*timeout\s*=\s*(\d{1,6})/i.exec(text)?.[1]).find((s) => s !== undefined)
  return { id: id.trim(), timeoutS: Number(timeout ?? SESSION_TIMEOUT_S) || SESSION_TIMEOUT_S }
}

/** The channel that carries RTP; the one asked for where the camera repeats nothing (RFC 2326, 12.39). */
export function readChannel(response: RtspResponse, asked: number): number {
  const transport = header(response.headers, 'transport') ?? ''
  if (!/tcp/i.test(transport)) throw new LenscapError('unsupported', 'The camera does not send its packets over TCP')
  return Number(/interleaved\s*=\s*(\d{1,3})/i.exec(transport)?.[1] ?? asked)
}

/**
 * The camera's UDP ports, if it tells them. Where it sends from and to is not taken from here.
 * @throws LenscapError `unsupported` where it chose something else
 */
export function readServerPorts(response: RtspResponse): { readonly rtp: number; readonly rtcp: number } | undefined {
  const transport = header(response.headers, 'transport') ?? ''
  if (/tcp|multicast/i.test(transport)) throw new LenscapError('unsupported', 'The camera does not send over UDP to us')
  const [, first, second] = /server_port\s*=\s*(\d{1,5})(?:-(\d{1,5}))?/i.exec(transport) ?? []
  const rtp = Number(first ?? 0)
  const rtcp = Number(second ?? rtp + 1)
  return isPort(rtp) && isPort(rtcp) ? { rtp, rtcp } : undefined
}

const isPort = (port: number) => port >= 1 && port <= 65_535

/** One entry of RTP-Info (RFC 2326, 12.33). */
export interface PlayInfo {
  readonly url: string
  readonly rtpTime: number
}

/** Where each track is at the beginning, as far as the camera says. */
export function readPlayInfo(response: RtspResponse): PlayInfo[] {
  const entries = (header(response.headers, 'rtp-info') ?? '').split(/,(?=\s*url\s*=)/i).slice(0, 8)
  return entries.flatMap((entry) => {
    const url = /url\s*=\s*"?([^;"\s]+)/i.exec(entry)?.[1]
    const rtpTime = /rtptime\s*=\s*(\d{1,10})/i.exec(entry)?.[1]
    return url === undefined || rtpTime === undefined ? [] : [{ url, rtpTime: Number(rtpTime) >>> 0 }]
  })
}

/** The methods of a `Public` header (RFC 2326, 12.28). */
export const readMethods = (response: RtspResponse): ReadonlySet<string> =>
  new Set(
    (response.headers.get('public') ?? [])
      .join(',')
      .toUpperCase()
      .split(/[\s,]+/),
  )
