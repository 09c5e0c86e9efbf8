import cookie from '@fastify/cookie'
import helmet from '@fastify/helmet'
import rateLimit from '@fastify/rate-limit'
import fastify, { type FastifyInstance } from 'fastify'
import type { Logger } from '../../agent/base/logger.ts'
import type { Accounts } from '../accounts/accounts.ts'
import type { MediaKeys } from '../accounts/media-keys.ts'
import type { Sessions } from '../accounts/sessions.ts'
import type { Claims } from '../devices/claims.ts'
import type { Devices } from '../devices/devices.ts'
import type { Erasure } from '../erasure/erasure.ts'
import type { Contents } from '../holdings/contents.ts'
import type { Exports } from '../holdings/exports.ts'
import type { LiveRelay } from '../live/relay.ts'
import type { Items } from '../uploads/items.ts'
import type { Uploads } from '../uploads/uploads.ts'
import { accountRoutes } from './account-routes.ts'
import { Auth, demandChangeHeader } from './auth.ts'
import { deviceClaimRoutes, ownerClaimRoutes } from './claim-routes.ts'
import { consoleFiles } from './console-files.ts'
import { type ConsoleRoutesDeps, consoleRoutes, forgottenRoutes } from './console-routes.ts'
import { handleErrors } from './errors.ts'
import { liveSockets } from './live-sockets.ts'
import { mediaRoutes } from './media-routes.ts'
import { privacyRoutes } from './privacy-routes.ts'
import { sessionRoutes } from './session-routes.ts'
import { uploadRoutes } from './upload-routes.ts'

const BODY_BYTES_MAX = 65_536
// Above the stream's keep-alive of 15 s.
const SILENCE_MS_MAX = 60_000
const HEADERS_TIMEOUT_MS = 30_000
const CONNECTIONS_MAX = 10_000
// A whole upload through a thin uplink; it can be resumed.
const REQUEST_TIMEOUT_MS = 3_600_000

export interface WebDeps extends Omit<ConsoleRoutesDeps, 'auth'> {
  readonly accounts: Accounts
  readonly sessions: Sessions
  readonly claims: Claims
  readonly devices: Devices
  readonly uploads: Uploads
  readonly relay: LiveRelay
  readonly items: Items
  readonly contents: Contents
  readonly mediaKeys: MediaKeys
  readonly exports: Exports
  readonly erasure: Erasure
  /** Proxies whose word on the client's address is believed. */
  readonly trustedProxies: string[]
  readonly logger: Logger
  readonly publicUrl: () => URL
  /** The built console. */
  readonly consoleDir: string
}

/** The bridge's HTTP side: the console, its API and what boxes ask. Not yet listening. */
export async function makeServer(deps: WebDeps): Promise<FastifyInstance> {
  const app = fastify({
    logger: false,
    bodyLimit: BODY_BYTES_MAX,
    trustProxy: deps.trustedProxies.length > 0 ? deps.trustedProxies : false,
    connectionTimeout: SILENCE_MS_MAX,
    requestTimeout: REQUEST_TIMEOUT_MS,
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 128 },
  })
  app.server.headersTimeout = HEADERS_TIMEOUT_MS
  app.server.maxConnections = CONNECTIONS_MAX
  handleErrors(app, deps.logger)
  await app.register(helmet, { contentSecurityPolicy: CSP(deps.publicUrl()), hsts: secure(deps.publicUrl()) })
  await app.register(cookie)
  await app.register(rateLimit, { global: false })
  app.get('/healthz', async () => ({ ok: true }))
  await app.register((device, _, done) => {
    deviceClaimRoutes(device, deps.claims)
    done()
  })
  await app.register((device, _, done) => {
    uploadRoutes(device, deps)
    done()
  })
  await app.register((api, _, done) => {
    ownerApi(api, deps)
    done()
  })
  liveSockets(app, { ...deps, auth: new Auth(deps.sessions, deps.publicUrl) })
  await consoleFiles(app, deps.consoleDir)
  return app
}

function ownerApi(api: FastifyInstance, deps: WebDeps): void {
  const auth = new Auth(deps.sessions, deps.publicUrl)
  api.addHook('onRequest', demandChangeHeader)
  api.addHook('onSend', async (_, reply) => {
    if (!reply.hasHeader('cache-control')) reply.header('cache-control', 'private, no-store')
  })
  sessionRoutes(api, { ...deps, auth, onSignedOut: (token) => signedOut(token, deps) })
  ownerClaimRoutes(api, { claims: deps.claims, auth })
  accountRoutes(api, { ...deps, auth })
  consoleRoutes(api, { ...deps, auth })
  forgottenRoutes(api, { ...deps, auth })
  mediaRoutes(api, { ...deps, auth })
  privacyRoutes(api, { ...deps, auth })
}

/** What is open of a session ends with it. */
function signedOut(token: string, { live, relay }: WebDeps): void {
  live.signedOut(token)
  relay.signedOut(token)
}

const secure = (url: URL): boolean => url.protocol === 'https:'

const CSP = (url: URL) => ({
  useDefaults: false,
  directives: {
    defaultSrc: ["'self'"],
    workerSrc: ["'self'"],
    // What a script of ours has put together: a live view, where the browser knows no other way to show it.
    mediaSrc: ["'self'", 'blob:'],
    objectSrc: ["'none'"],
    baseUri: ["'none'"],
    formAction: ["'self'"],
    frameAncestors: ["'none'"],
    ...(secure(url) ? { upgradeInsecureRequests: [] } : {}),
  },
})
