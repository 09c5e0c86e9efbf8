import type { FastifyError, FastifyInstance, FastifyReply } from 'fastify'
import type { z } from 'zod'
import { describeError, type ErrorKind, LenscapError } from '../../agent/base/errors.ts'
import type { Logger } from '../../agent/base/logger.ts'
import type { ApiError } from './api.ts'

const STATUS: Record<ErrorKind, number> = {
  unreachable: 503,
  timeout: 503,
  refused: 403,
  busy: 429,
  invalid: 400,
  unsupported: 400,
  limit: 413,
  storage: 507,
  cancelled: 503,
}

/** An answer that a route gives on purpose: a status with words for a person. */
export class HttpError extends Error {
  readonly status: number
  readonly code: string

  constructor(status: number, code: string, message: string) {
    super(message)
    this.status = status
    this.code = code
  }
}

/** What a request carries, believed from here on. @throws HttpError 400, naming the field */
export function parseRequest<T extends z.ZodType>(schema: T, said: unknown): z.infer<T> {
  const result = schema.safeParse(said)
  if (result.success) return result.data
  const [issue] = result.error.issues
  const where = issue?.path.join('.') ?? ''
  throw new HttpError(400, 'invalid', `${where ? `${where}: ` : ''}${issue?.message ?? 'invalid'}`)
}

/** The one answer for what isn't there and for what is somebody else's. */
export const notFound = () => new HttpError(404, 'not-found', 'There is no such thing here')

/** Every error becomes an `ApiError`; what we did not mean to say stays in the log. */
export function handleErrors(app: FastifyInstance, logger: Logger): void {
  app.setErrorHandler((error: FastifyError | Error, request, reply) => {
    const { status, body } = answerTo(error)
    if (status >= 500) {
      logger.error(
        { method: request.method, route: request.routeOptions.url, reason: describeError(error) },
        'a request failed',
      )
    }
    return send(reply, status, body)
  })
}

export function send(reply: FastifyReply, status: number, body: ApiError): FastifyReply {
  return reply.code(status).header('cache-control', 'no-store').type('application/json').send(body)
}

function answerTo(error: FastifyError | Error): { status: number; body: ApiError } {
  if (error instanceof HttpError) return { status: error.status, body: { error: error.code, message: error.message } }
  if (error instanceof LenscapError && error.kind !== 'storage') {
    return { status: STATUS[error.kind], body: { error: error.kind, message: error.message } }
  }
  const status = 'statusCode' in error && typeof error.statusCode === 'number' ? error.statusCode : 500
  if (status === 429)
    return { status, body: { error: 'busy', message: 'Too many requests: wait a minute and try again' } }
  if (status >= 400 && status < 500)
    return { status, body: { error: 'invalid', message: 'The request makes no sense' } }
  return {
    status: 500,
    body: { error: 'failed', message: 'Something went wrong here: it is in the log of the bridge' },
  }
}
