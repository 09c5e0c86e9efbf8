import type { z } from 'zod'
import { errorKind, LenscapError } from '../base/errors.ts'
import { LinkedController } from '../base/linked-controller.ts'

/** An answer that was parsed by its schema, or only its status where that says enough. */
export interface Answer<T> {
  readonly status: number
  readonly body: T | undefined
  /** The far end's own clock by its `Date` header (RFC 9110, 6.6.1), UTC ms. */
  readonly dateMs: number | undefined
}

interface PostOptions<T> {
  readonly url: string
  readonly json: object
  /** Parses the body of a 2xx answer. */
  readonly schema: z.ZodType<T>
  readonly timeoutMs: number
  readonly bytesMax: number
  readonly signal: AbortSignal
}

/**
 * One POST of JSON with a deadline and a cap on the answer; never retried here, never redirected.
 * @throws LenscapError `unreachable`, `timeout`, `limit`, `busy` (429, 5xx), `invalid` (no JSON of ours), `cancelled`
 */
export async function postJson<T>(options: PostOptions<T>): Promise<Answer<T>> {
  const { url, json, schema, timeoutMs, bytesMax, signal } = options
  const { status, text, date } = await send(url, json, timeoutMs, bytesMax, signal)
  if (status === 429 || status >= 500)
    throw new LenscapError('busy', `${url} answers ${status}: try later`, { url, status })
  const parsedDate = Date.parse(date ?? '')
  const dateMs = Number.isNaN(parsedDate) ? undefined : parsedDate
  if (status < 200 || status > 299) return { status, body: undefined, dateMs }
  return { status, body: parse(text, schema, url), dateMs }
}

function parse<T>(text: string, schema: z.ZodType<T>, url: string): T {
  try {
    return schema.parse(JSON.parse(text))
  } catch {
    // The cause is left out: it may quote an answer that holds the token.
    throw new LenscapError('invalid', `${url} does not answer like a bridge: check the address`, { url })
  }
}

async function send(url: string, json: object, timeoutMs: number, bytesMax: number, signal: AbortSignal) {
  // Loaded when it is needed: a box that is claimed talks MQTT.
  const { default: got } = await import('got')
  using stop = new LinkedController(signal)
  let bytes = 0
  const request = got.post(url, {
    json,
    throwHttpErrors: false,
    followRedirect: false,
    retry: { limit: 0 },
    timeout: { request: timeoutMs },
    signal: stop.signal,
    responseType: 'text',
  })
  request.on('downloadProgress', ({ transferred }) => {
    bytes = transferred
    if (bytes > bytesMax) stop.abort()
  })
  try {
    const response = await request
    return { status: response.statusCode, text: response.body, date: response.headers.date }
  } catch (cause) {
    if (signal.aborted) throw new LenscapError('cancelled', 'Told to stop', { url })
    if (bytes > bytesMax) throw new LenscapError('limit', `${url} answers with more than ${bytesMax} bytes`, { url })
    const kind = errorKind(cause)
    throw new LenscapError(
      kind === 'timeout' ? 'timeout' : 'unreachable',
      `Can't reach ${url}: check the address and the network`,
      { url },
      cause,
    )
  }
}
