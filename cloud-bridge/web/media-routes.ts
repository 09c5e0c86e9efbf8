import type { Readable } from 'node:stream'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Contents } from '../holdings/contents.ts'
import type { ByteRange } from '../media-store/media-store.ts'
import type { Items } from '../uploads/items.ts'
import { API } from './api.ts'
import type { Auth } from './auth.ts'
import { idOf } from './console-routes.ts'
import { HttpError, notFound } from './errors.ts'
import type { Views } from './views.ts'

export interface MediaRoutesDeps {
  readonly auth: Auth
  readonly views: Views
  readonly contents: Contents
  readonly items: Items
}

const LOCKED = 'This is encrypted for a key that only you hold: this bridge cannot read it'

/** The owner's media: the only way out of the media store. */
export function mediaRoutes(app: FastifyInstance, { auth, views, contents, items }: MediaRoutesDeps): void {
  app.get(`${API}/items/:id/content`, async (request, reply) => {
    const { account } = await auth.person(request)
    const item = await views.item(account, idOf(request))
    if (!item) throw notFound()
    if (item.view.locked) throw new HttpError(415, 'locked', LOCKED)
    const { row, view } = item
    reply.header('etag', `"${view.sha256}"`).type(view.contentType)
    return sendRange(request, reply, contents.plainBytes(row), (range) => contents.read(row, range))
  })

  app.get(`${API}/items/:id/sealed`, async (request, reply) => {
    const { account } = await auth.person(request)
    const item = await views.item(account, idOf(request))
    if (!item?.view.encrypted) throw notFound()
    const { row } = item
    reply.type('application/octet-stream')
    const read = async (range: ByteRange) => (await contents.readSealed(row, range)).stream
    return sendRange(request, reply, contents.sealedBytes(row), read)
  })

  app.delete(`${API}/items/:id`, async (request, reply) => {
    const { account } = await auth.person(request)
    if (!(await items.remove(account, idOf(request)))) throw notFound()
    return reply.code(204).send()
  })
}

/** All of it, or the range that was asked for (RFC 9110, 14.2). */
async function sendRange(
  request: FastifyRequest,
  reply: FastifyReply,
  bytes: number,
  read: (range: ByteRange) => Promise<Readable>,
): Promise<FastifyReply> {
  reply.header('accept-ranges', 'bytes').header('cache-control', 'private, no-store')
  const range = parseRange(request.headers.range, bytes)
  if (range === 'unsatisfiable') return reply.code(416).header('content-range', `bytes */${bytes}`).send()
  const { start, end } = range ?? { start: 0, end: bytes - 1 }
  const stream = await read({ start, end })
  reply.header('content-length', end - start + 1)
  if (range) reply.code(206).header('content-range', `bytes ${start}-${end}/${bytes}`)
  return reply.send(stream)
}

/** One range of RFC 9110, 14.1.2; several, or what can't be read, count as none. */
function parseRange(header: string | undefined, bytes: number): ByteRange | 'unsatisfiable' | undefined {
  const [, first = '', last = ''] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header?.trim() ?? '') ?? []
  if (first === '' && last === '') return undefined
  const start = first === '' ? Math.max(0, bytes - Number(last)) : Number(first)
  const end = first === '' || last === '' ? bytes - 1 : Math.min(Number(last), bytes - 1)
  if (first !== '' && last !== '' && Number(last) < Number(first)) return undefined
  return start <= end ? { start, end } : 'unsatisfiable'
}
