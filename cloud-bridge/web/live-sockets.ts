import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import { type WebSocket, WebSocketServer } from 'ws'
import { z } from 'zod'
import { describeError } from '../../agent/base/errors.ts'
import type { Logger } from '../../agent/base/logger.ts'
import { DEVICE_PATHS } from '../../agent/protocol/claim.ts'
import { Id } from '../../agent/protocol/envelope.ts'
import { LiveQuality } from '../../agent/protocol/live.ts'
import { LIVE_MESSAGE_BYTES_MAX } from '../../agent/protocol/live-message.ts'
import type { Consent } from '../consent/consent.ts'
import type { Devices } from '../devices/devices.ts'
import type { LiveReason } from '../live/news.ts'
import type { LiveRelay } from '../live/relay.ts'
import { API, type LiveNews } from './api.ts'
import type { Auth } from './auth.ts'
import { HttpError, notFound } from './errors.ts'
import type { Views } from './views.ts'

/** Viewers say nothing. */
const VIEWER_BYTES_MAX = 1024

export interface LiveSocketsDeps {
  readonly auth: Auth
  readonly views: Views
  readonly consent: Consent
  readonly devices: Devices
  readonly relay: LiveRelay
  readonly publicUrl: () => URL
  readonly logger: Logger
}

type Take = (socket: WebSocket) => void

/** The two WebSockets of live view: `{API}/cameras/{camera}/live?quality=` for who watches, `{live}/{session}` for boxes. */
export function liveSockets(app: FastifyInstance, deps: LiveSocketsDeps): void {
  // What is encrypted, or a picture, does not get smaller.
  const common = { noServer: true, perMessageDeflate: false }
  const viewers = new WebSocketServer({ ...common, maxPayload: VIEWER_BYTES_MAX })
  const boxes = new WebSocketServer({ ...common, maxPayload: LIVE_MESSAGE_BYTES_MAX })
  app.server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => socket.destroy())
    const url = URL.parse(request.url ?? '', 'http://bridge')
    const [, camera] = new RegExp(`^${API}/cameras/([^/]+)/live$`).exec(url?.pathname ?? '') ?? []
    const [, session] = new RegExp(`^${DEVICE_PATHS.live}/([^/]+)$`).exec(url?.pathname ?? '') ?? []
    const [server, asking] =
      camera === undefined
        ? [boxes, session === undefined ? Promise.reject(notFound()) : ofBox(session, request, deps)]
        : [viewers, ofViewer(app, camera, url?.searchParams.get('quality') ?? 'one', request, deps)]
    asking.then(
      (take) => {
        if (!socket.destroyed) server.handleUpgrade(request, socket, head, take)
      },
      (error: unknown) => refuse(socket, error, deps.logger),
    )
  })
  app.addHook('preClose', async () => {
    for (const socket of [...viewers.clients, ...boxes.clients]) socket.terminate()
  })
}

/** A box that brings what it was asked for. */
async function ofBox(session: string, request: IncomingMessage, { devices, relay }: LiveSocketsDeps): Promise<Take> {
  const device = await devices.authenticateBearer(request.headers.authorization)
  if (!device) throw new HttpError(401, 'signed-out', 'The token does not fit')
  if (!relay.expects(device, session)) throw notFound()
  return (socket) => {
    socket.on('error', () => socket.terminate())
    if (!relay.connect(device, session, socket)) socket.terminate()
  }
}

/** A page of the console, and of no other site, that shows one of its owner's cameras. */
async function ofViewer(
  app: FastifyInstance,
  camera: string,
  said: string,
  request: IncomingMessage,
  deps: LiveSocketsDeps,
): Promise<Take> {
  const { auth, views, consent, relay, publicUrl } = deps
  if (!isSameOrigin(request, publicUrl())) throw new HttpError(403, 'refused', 'This is not for other sites')
  const token = auth.tokenIn(app.parseCookie(request.headers.cookie ?? ''))
  const { account } = await auth.personOf(token)
  const asked = z.object({ camera: Id, quality: LiveQuality }).safeParse({ camera, quality: said })
  const [view] = asked.success ? await views.cameras(account, { camera: asked.data.camera }) : []
  if (!asked.success || !view || view.forgottenAt !== null) throw notFound()
  const watched = { account, agent: view.agent, ...asked.data }
  const isAllowed = await consent.allowsNow(view.agent, view.id, 'live')
  const stillSignedIn = async () => (await auth.personOf(token).catch(() => undefined)) !== undefined
  return (socket) => {
    socket.on('error', () => socket.terminate())
    const refusal = isAllowed ? relay.refusal(watched) : 'no-consent'
    if (refusal) return over(socket, refusal)
    const leave = relay.watch(watched, { account, token: token ?? '', socket, stillSignedIn })
    socket.on('close', leave)
  }
}

/** A browser says where a page is from, and no page can change that (RFC 6455, 10.2). */
function isSameOrigin({ headers }: IncomingMessage, publicUrl: URL): boolean {
  const origin = URL.parse(headers.origin ?? '')
  return origin !== null && (origin.origin === publicUrl.origin || origin.host === headers.host)
}

function over(socket: WebSocket, reason: LiveReason): void {
  const news: LiveNews = { state: 'over', reason, message: '', sealed: false }
  socket.send(JSON.stringify(news))
  socket.close(1000)
}

function refuse(socket: Duplex, error: unknown, logger: Logger): void {
  const status = error instanceof HttpError ? error.status : 500
  if (status === 500) logger.error({ reason: describeError(error) }, 'a live view failed')
  socket.end(`HTTP/1.1 ${status} \r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
}
