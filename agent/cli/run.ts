import { type HookEvent, runHooks } from '../../firmware-hooks/hooks/run-hooks.ts'
import { systemClock } from '../base/clock.ts'
import { describeError } from '../base/errors.ts'
import type { Logger } from '../base/logger.ts'
import { holdAlone } from '../base/sole.ts'
import { VERSION } from '../base/version.ts'
import { loadConfig, readCredentials } from '../config/load.ts'
import type { AgentConfig } from '../config/schema.ts'
import { claim } from '../transport/claim.ts'
import { type Claimed, loadIdentity } from '../transport/identity.ts'
import { Agent } from './agent.ts'
import { openLogger } from './logger.ts'
import type { Output } from './output.ts'
import { makeStateDir, statePaths } from './state.ts'

const HOOK_MS = 30_000

/** `run`: claims the box where nobody owns it yet, then works until it is told to stop. */
export async function runAgent(configPath: string, output: Output, signal: AbortSignal): Promise<void> {
  const config = await loadConfig(configPath)
  const credentials = await readCredentials(config)
  const logger = openLogger(config.log)
  makeStateDir(config)
  using _alone = holdAlone(
    statePaths(config).lock,
    `An agent already runs with the state folder ${config.stateDir}: stop that one first`,
  )
  const identity = await claimedIdentity(config, output, logger, signal)
  if (identity === undefined) return
  const agent = new Agent({
    config,
    credentials,
    identity,
    clock: systemClock,
    random: Math.random,
    logger,
    signal,
    report: {
      onConnected: (connected) =>
        output.event({ event: connected ? 'connected' : 'disconnected' }, connected ? 'Connected' : 'Not connected'),
      onSent: (totals) =>
        output.event({ event: 'sent', ...totals }, `Sent ${totals.items} items, ${totals.bytes} bytes`),
      hook: (event, facts) => void callHooks(event, facts, config, logger, signal),
    },
  })
  output.event({ event: 'ready' }, `Lenscap agent ${VERSION} is running; Ctrl-C stops it`)
  await agent.run()
}

/** The box's identity once somebody owns it; undefined when stopped before. */
async function claimedIdentity(
  config: AgentConfig,
  output: Output,
  logger: Logger,
  signal: AbortSignal,
): Promise<Claimed | undefined> {
  const identity = await loadIdentity(config.stateDir)
  if (identity.claimed) return identity.claimed
  try {
    const { claimed } = await claim({
      bridgeUrl: config.bridge,
      name: config.name,
      version: VERSION,
      stateDir: config.stateDir,
      identity,
      onOffer: ({ userCode, page, expiresAt }) =>
        output.event(
          { event: 'claim', userCode, page, expiresAt } as { event: string },
          `To claim this box, open ${page} and enter  ${userCode}`,
        ),
      onTrouble: (error, nextAttemptMs) =>
        logger.warn({ reason: describeError(error), nextAttemptMs }, 'The bridge could not be asked for a claim'),
      clock: systemClock,
      random: Math.random,
      signal,
    })
    return claimed
  } catch (error) {
    if (signal.aborted) return undefined
    throw error
  }
}

async function callHooks(
  event: HookEvent,
  facts: object,
  config: AgentConfig,
  logger: Logger,
  signal: AbortSignal,
): Promise<void> {
  const { hooks } = statePaths(config)
  const results = await runHooks(event, { hooksDir: hooks, facts, timeoutMs: HOOK_MS, signal })
  for (const { hook, outcome, detail } of results) {
    if (outcome !== 'done') logger.warn({ event, hook, outcome, detail }, 'A hook did not succeed')
  }
}
