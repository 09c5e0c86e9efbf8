import { systemClock } from '../base/clock.ts'
import { holdLock } from '../base/database.ts'
import { describeError } from '../base/errors.ts'
import type { Logger } from '../base/logger.ts'
import { VERSION } from '../base/version.ts'
import { loadConfig, readCredentials } from '../config/load.ts'
import type { AgentConfig } from '../config/schema.ts'
import { CredentialBook } from '../credentials/book.ts'
import { checkPatterns } from '../credentials/for.ts'
import { CredentialStore } from '../credentials/store.ts'
import { claim } from '../transport/claim.ts'
import { type Claimed, loadIdentity } from '../transport/identity.ts'
import { Agent } from './agent.ts'
import { Hooks } from './hooks.ts'
import { openLogger } from './logger.ts'
import type { Output } from './output.ts'
import { checkPlaces } from './places.ts'
import { makeStateDir, statePaths } from './state.ts'

/** `run`: claims the box where nobody owns it yet, then works until it is told to stop. */
export async function runAgent(configPath: string, output: Output, signal: AbortSignal): Promise<void> {
  const config = await loadConfig(configPath)
  checkPlaces(config)
  const configured = await readCredentials(config)
  for (const set of configured) checkPatterns(set.for)
  const logger = openLogger(config.log)
  makeStateDir(config)
  using _alone = holdLock(
    statePaths(config).lock,
    `Another agent runs with the state folder ${config.stateDir}: stop it first, or give this one a stateDir of its own`,
  )
  const identity = await claimedIdentity(config, output, logger, signal)
  if (identity === undefined) return
  if (identity.bridgeUrl !== config.bridge) {
    const facts = { configured: config.bridge, claimedOn: identity.bridgeUrl }
    logger.warn(facts, 'The box stays with the bridge where it was claimed: to move it, remove identity.json')
  }
  const credentials = await CredentialBook.open({
    stateDir: config.stateDir,
    store: new CredentialStore(config.stateDir),
    configured,
    onTrouble: (reason) => logger.error({ reason }, 'The stored credentials are not used'),
    clock: systemClock,
  })
  const hooks = new Hooks(statePaths(config).hooks, logger, signal)
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
      hook: (event, facts) => hooks.call(event, facts),
    },
  })
  output.event({ event: 'ready' }, `Lenscap agent ${VERSION} is running; Ctrl-C stops it`)
  try {
    await agent.run()
  } finally {
    await hooks.end()
  }
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
