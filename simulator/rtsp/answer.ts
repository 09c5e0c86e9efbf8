type Headers = Readonly<Record<string, string | readonly string[]>>

/** What a request is answered with; CSeq and Content-Length are added when it is written. */
export interface Answer {
  readonly status: Status
  readonly headers?: Headers
  readonly body?: string
}

/** Every status that this server gives (RFC 2326, 11). */
const REASONS = {
  200: 'OK',
  302: 'Found',
  400: 'Bad Request',
  401: 'Unauthorized',
  404: 'Not Found',
  451: 'Parameter Not Understood',
  453: 'Not Enough Bandwidth',
  454: 'Session Not Found',
  455: 'Method Not Valid in This State',
  459: 'Aggregate Operation Not Allowed',
  460: 'Only Aggregate Operation Allowed',
  461: 'Unsupported Transport',
  501: 'Not Implemented',
  503: 'Service Unavailable',
  551: 'Option Not Supported',
} as const

type Status = keyof typeof REASONS

/** The answer as it goes over the connection. */
export function formatAnswer(cseq: string, answer: Answer): string {
  const lines = [`RTSP/1.0 ${answer.status} ${REASONS[answer.status]}`, `CSeq: ${cseq}`]
  for (const [name, value] of Object.entries(answer.headers ?? {}))
    for (const one of [value].flat()) lines.push(`${name}: ${one}`)
  const body = answer.body ?? ''
  if (body) lines.push(`Content-Length: ${Buffer.byteLength(body)}`)
  return `${lines.join('\r\n')}\r\n\r\n${body}`
}
