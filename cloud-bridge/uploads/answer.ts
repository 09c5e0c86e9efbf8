import type { ServerResponse } from 'node:http'

const TUS = { 'tus-resumable': '1.0.0', 'cache-control': 'no-store' }
export const FAILED = 'Something went wrong here\n'

/** Answers a box in the manner of tus 1.0.0. */
export function answer(
  response: ServerResponse,
  status: number,
  headers: Record<string, string> = {},
  body = '',
): void {
  // A body that nobody wants is not waited for.
  const close = status >= 400 ? { connection: 'close' } : {}
  response.writeHead(status, {
    ...TUS,
    ...close,
    ...headers,
    ...(body && { 'content-type': 'text/plain; charset=utf-8' }),
  })
  response.end(body)
}
