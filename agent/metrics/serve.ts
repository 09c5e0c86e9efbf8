import { once } from 'node:events'
import { chmodSync, rmSync } from 'node:fs'
import { createServer, type ServerResponse } from 'node:http'
import { LenscapError } from '../base/errors.ts'
import { type AgentFacts, metricsOf } from './agent-metrics.ts'
import { CONTENT_TYPE, textOf } from './prometheus.ts'

export interface MetricsOptions {
  /** `127.0.0.1:PORT`, `[::1]:PORT`, or the path of a socket, which only the agent's user can open. */
  readonly listen: string
  readonly facts: () => AgentFacts
}

export interface MetricsServer extends AsyncDisposable {
  /** Where it listens: the port is the one that was taken where 0 was asked for. */
  readonly address: string
}

const HEADERS_TIMEOUT_MS = 5_000
const CONNECTIONS_MAX = 16

/**
 * Answers `/metrics` and `/healthz` on loopback or on a socket, to GET alone.
 * @throws LenscapError `invalid` for an address that others could reach, `busy` where the port is taken
 */
export async function serveMetrics({ listen, facts }: MetricsOptions): Promise<MetricsServer> {
  const [, host, port] = /^(?:\[?([\d.:]+)\]?):(\d+)$/.exec(listen) ?? []
  const isLoopback = host !== undefined && (/^127\./.test(host) || host === '::1')
  if (host !== undefined && !isLoopback) {
    throw new LenscapError('invalid', `${listen} could be reached by others: metrics answer on loopback alone`)
  }
  const server = createServer({ headersTimeout: HEADERS_TIMEOUT_MS, requestTimeout: HEADERS_TIMEOUT_MS })
  server.maxConnections = CONNECTIONS_MAX
  server.on('request', ({ method, url }, response) => answer(response, method, url, facts))
  // What a killed agent left would keep the next one from listening; the state folder's lock says that it is nobody's.
  if (host === undefined) rmSync(listen, { force: true })
  server.listen(host === undefined ? { path: listen } : { host, port: Number(port) })
  await once(server, 'listening').catch((cause: unknown) => {
    throw new LenscapError('busy', `Metrics can't be served at ${listen}: choose another in metrics.listen`, {}, cause)
  })
  if (host === undefined) chmodSync(listen, 0o600)
  const place = server.address()
  const address =
    typeof place === 'object' && place ? `${listen.slice(0, listen.lastIndexOf(':'))}:${place.port}` : listen
  return {
    address,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function answer(response: ServerResponse, method = '', url = '', facts: MetricsOptions['facts']): void {
  if (method !== 'GET') return void response.writeHead(405, { allow: 'GET' }).end()
  if (url === '/metrics') {
    return void response.writeHead(200, { 'content-type': CONTENT_TYPE }).end(textOf(metricsOf(facts())))
  }
  if (url !== '/healthz') return void response.writeHead(404).end()
  const { connected, spool, uptimeS } = facts()
  // An agent without its broker still does its work: whoever restarts it would lose what it hears meanwhile.
  const health = { ok: true, connected, uptimeS: Math.round(uptimeS), spool: spool.messages }
  response.writeHead(200, { 'content-type': 'application/json' }).end(`${JSON.stringify(health)}\n`)
}
