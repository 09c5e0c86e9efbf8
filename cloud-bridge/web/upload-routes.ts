import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { DEVICE_PATHS } from '../../agent/protocol/claim.ts'
import type { Devices } from '../devices/devices.ts'
import type { Uploads } from '../uploads/uploads.ts'
import { HttpError } from './errors.ts'

/** Where boxes bring media: proved by their token, then handed to the uploads as they are. */
export function uploadRoutes(app: FastifyInstance, { devices, uploads }: { devices: Devices; uploads: Uploads }): void {
  // The body is read by the uploads, piece by piece.
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', (_, __, done) => done(null))

  const handle = async (request: FastifyRequest<{ Params: { upload?: string } }>, reply: FastifyReply) => {
    const device = await devices.authenticateBearer(request.headers.authorization)
    if (!device) throw new HttpError(401, 'signed-out', 'The token does not fit')
    reply.hijack()
    for (const [name, value] of Object.entries(reply.getHeaders()))
      if (value !== undefined) reply.raw.setHeader(name, value)
    await uploads.handle(device, request.params.upload, request.raw, reply.raw)
  }
  app.route({ method: 'POST', url: DEVICE_PATHS.uploads, handler: handle })
  app.route({ method: ['HEAD', 'PATCH', 'DELETE'], url: `${DEVICE_PATHS.uploads}/:upload`, handler: handle })
}
