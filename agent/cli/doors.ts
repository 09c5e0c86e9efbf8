import { join } from 'node:path'
import { Channel } from '../base/channel.ts'
import { describeError } from '../base/errors.ts'
import { VERSION } from '../base/version.ts'
import { type AgentState, type ControlAnswer, type ControlRequest, controlPath } from '../commands/control.ts'
import { serveControl } from '../commands/control-server.ts'
import type { Keep } from '../commands/keep.ts'
import type { AgentConfig } from '../config/schema.ts'
import { ProcessWatch } from '../metrics/process-facts.ts'
import { serveMetrics } from '../metrics/serve.ts'
import type { Id } from '../protocol/envelope.ts'
import type { Claimed } from '../transport/identity.ts'
import type { Agent } from './agent.ts'
import type { AgentLogger } from './logger.ts'
import type { Overview } from './overview.ts'
import type { Reloader } from './reloader.ts'

interface DoorsDeps {
  readonly agent: Pick<Agent, 'facts'>
  readonly overview: Overview
  readonly log: AgentLogger
  readonly config: AgentConfig
  readonly identity: Claimed
  readonly settledBy: AgentState['settledBy']
  readonly reloader: Pick<Reloader, 'reload'>
  readonly onReset: () => void
  /** @throws LenscapError `invalid` where there is no such camera */
  readonly onForget: (camera: Id) => void
}

const UNREAD_MAX = 1000

/** Opens the ways into a running agent from its own box: the control socket and the metrics. One that can't be opened is logged. */
export async function openDoors(deps: DoorsDeps): Promise<AsyncDisposable> {
  const { config, agent, log } = deps
  await using stack = new AsyncDisposableStack()
  const watch = stack.use(new ProcessWatch())
  const attempt = async (open: () => Promise<AsyncDisposable>) => {
    try {
      stack.use(await open())
    } catch (error) {
      log.logger.warn({ reason: describeError(error) }, 'The agent works, but can be asked less')
    }
  }
  const answer = (request: ControlRequest, signal: AbortSignal) => answerTo(request, signal, deps)
  await attempt(() => serveControl({ path: controlPath(config.stateDir), answer }))
  const { listen } = config.metrics
  const facts = () => ({ ...agent.facts(), process: watch.look() })
  const place = listen === 'socket' ? join(config.stateDir, 'metrics.sock') : listen
  if (listen !== 'off') await attempt(() => serveMetrics({ listen: place, facts }))
  return stack.move()
}

async function* answerTo(request: ControlRequest, signal: AbortSignal, deps: DoorsDeps): AsyncGenerator<ControlAnswer> {
  const { overview, log, reloader, onReset, onForget } = deps
  switch (request.ask) {
    case 'state':
      return yield { state: stateOf(deps) }
    case 'watch':
      yield { state: stateOf(deps) }
      for await (const news of follow(overview.news, signal)) yield { news }
      return
    case 'logs':
      for (const line of log.lines.kept()) yield { log: line }
      if (!request.follow) return
      for await (const line of follow(log.lines, signal)) yield { log: line }
      return
    case 'reload':
      return yield { reloaded: await reloader.reload() }
    case 'reset':
      yield { reset: 'begun' }
      return onReset()
    case 'forget':
      onForget(request.camera)
      yield { forgotten: request.camera }
  }
}

async function* follow<T>(keep: Keep<T>, signal: AbortSignal): AsyncGenerator<T> {
  const channel = new Channel<T>(UNREAD_MAX)
  const stop = keep.onValue((value) => channel.push(value))
  signal.addEventListener('abort', () => channel.close(), { once: true })
  if (signal.aborted) channel.close()
  try {
    yield* channel
  } finally {
    stop()
  }
}

function stateOf({ agent, overview, config, identity, settledBy }: DoorsDeps): AgentState {
  const { uptimeS, connected, cap, spool, egress } = agent.facts()
  return {
    ...{ version: VERSION, pid: process.pid, uptimeS, agent: identity.agent, bridge: config.bridge ?? null },
    ...{ connected, trouble: overview.trouble, settledBy, cap, spool, cameras: overview.cameras() },
    sent: { items: egress.items, bytes: egress.bytes },
    residentBytes: process.memoryUsage.rss(),
  }
}
