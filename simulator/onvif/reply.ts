import type { Attachment } from './facts.ts'

/** An HTTP answer before it is written. */
export interface Reply {
  readonly status: number
  readonly type: string
  readonly body: Buffer
  readonly headers: Readonly<Record<string, string | string[]>>
}

export function replyWith(status: number, type: string, body: string | Buffer, headers: Reply['headers'] = {}): Reply {
  return { status, type, body: typeof body === 'string' ? Buffer.from(body) : body, headers }
}

export const SOAP_TYPE = 'application/soap+xml; charset=utf-8'

const BOUNDARY = 'MIME_boundary'

/** An envelope and what it refers to, as one multipart body (MTOM 1.0, 4; XOP 1.0, 4.1). */
export function multipart(envelope: string, attachment: Attachment): Reply {
  const part = (type: string, contentId: string, encoding: string) =>
    `--${BOUNDARY}\r\nContent-Type: ${type}\r\nContent-Transfer-Encoding: ${encoding}\r\nContent-ID: <${contentId}>\r\n\r\n`
  const root = 'application/xop+xml; charset=UTF-8; type="application/soap+xml"'
  const body = Buffer.concat([
    Buffer.from(`${part(root, 'root@camera', '8bit')}${envelope}\r\n`),
    Buffer.from(part(attachment.contentType, attachment.contentId, 'binary')),
    attachment.data,
    Buffer.from(`\r\n--${BOUNDARY}--\r\n`),
  ])
  const type = `multipart/related; type="application/xop+xml"; boundary="${BOUNDARY}"; start="<root@camera>"; start-info="application/soap+xml"`
  return replyWith(200, type, body)
}
