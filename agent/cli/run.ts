import { systemClock } from '../base/clock.ts'
import { holdLock } from '../base/database.ts'
import { describeError } from '../base/errors.ts'
import { LinkedController } from '../base/linked-controller.ts'
import type { Logger } from '../base/logger.ts'
import { VERSION } from '../base/version.ts'
import { endWipe, wipe } from '../commands/wipe.ts'
import { readCredentials } from '../config/load.ts'
import type { AgentConfig } from '../config/schema.ts'
import { CredentialBook } from '../credentials/book.ts'
import { CredentialStore } from '../credentials/store.ts'
import type { Id } from '../protocol/envelope.ts'
import { claim } from '../transport/claim.ts'
import { type Claimed, loadIdentity } from '../transport/identity.ts'
import { standaloneIdentity } from '../transport/standalone.ts'
import { Agent } from './agent.ts'
import type { AgentReport } from './agent-deps.ts'
import { BoxHooks, tellFactoryReset } from './box-hooks.ts'
import { openDoors } from './doors.ts'
import { openLastWords } from './last-words.ts'
import type { AgentLogger } from './logger.ts'
import { rememberMachine, wasCloned } from './machine.ts'
import type { Output } from './output.ts'
import { Overview } from './overview.ts'
import { ownBroker } from './own-broker.ts'
import { loadChecked } from './places.ts'
import { Reloader } from './reloader.ts'
import { makeStateDir, statePaths } from './state.ts'

/** `run`: claims the box where nobody owns it yet, then works until it is told to stop; after a reset from the beginning. */
export async function runAgent(configPath: string, output: Output, signal: AbortSignal): Promise<void> {
  const first = await loadChecked(configPath)
  makeStateDir(first)
  using _alone = holdLock(
    statePaths(first).lock,
    `Another agent runs with the state folder ${first.stateDir}: stop it first, or give this one a stateDir of its own`,
  )
  const isClone = await wasCloned(first.stateDir)
  const wiped = await endWipe(first.stateDir)
  using log = openLastWords(first)
  const reset = { config: first, configPath, clock: systemClock, logger: log.logger, signal }
  try {
    await rememberMachine(first.stateDir)
    if (isClone) log.logger.warn({}, 'This state comes from another machine: it was wiped, and this box is a new one')
    else if (wiped) {
      log.logger.warn({}, 'A reset that was cut short was ended')
      await tellFactoryReset(reset)
    }
    for (;;) {
      const outcome = await runOnce(configPath, output, log, signal)
      if (outcome === 'stopped') return log.farewell()
      if (outcome === 'again') continue
      await wipe(first.stateDir)
      await rememberMachine(first.stateDir)
      log.lines.clear()
      await tellFactoryReset(reset)
      output.event({ event: 'reset' }, 'This box was wiped: it knows nobody any more')
    }
  } catch (error) {
    log.failed(error)
    throw error
  }
}

/** Why a life ended: told to stop, to forget everything, or to begin anew with what is on disk. */
type Outcome = 'stopped' | 'reset' | 'again'

/** One life. */
async function runOnce(configPath: string, output: Output, log: AgentLogger, signal: AbortSignal): Promise<Outcome> {
  const { logger } = log
  const config = await loadChecked(configPath)
  const configured = await readCredentials(config)
  await using hooks = new BoxHooks({ config, configPath, clock: systemClock, logger, signal })
  await hooks.firstBoot()
  const identity = await identityFor(config, output, logger, signal, () => hooks.show({ claimed: false }))
  if (identity === undefined) return 'stopped'
  hooks.show({ claimed: true })
  if (config.bridge !== undefined && identity.bridgeUrl !== config.bridge) {
    const facts = { configured: config.bridge, claimedOn: identity.bridgeUrl }
    logger.warn(facts, 'The box stays with the bridge where it was claimed: "reset" frees it')
  }
  const credentials = await CredentialBook.open({
    stateDir: config.stateDir,
    store: new CredentialStore(config.stateDir),
    configured,
    onTrouble: (reason) => logger.error({ reason }, 'The stored credentials are not used'),
    clock: systemClock,
  })
  const broker = await ownBroker(config, identity)
  log.hide(() => [identity.token.reveal(), ...credentials.sets().map(({ password }) => password.reveal())])
  using over = new LinkedController(signal)
  let outcome: Outcome = 'stopped'
  const endAs = (how: Outcome) => {
    outcome = how
    over.abort()
  }
  const onReset = () => endAs('reset')
  const onConnected = (connected: boolean) => {
    hooks.show({ connected })
    output.event({ event: connected ? 'connected' : 'disconnected' }, connected ? 'Connected' : 'Not connected')
  }
  // Whoever asked for it gets their answer first.
  const onForgotten = () => void setImmediate(() => endAs('again'))
  const overview = new Overview(systemClock)
  const settledBy = config.bridge === undefined ? 'broker' : 'bridge'
  const agent = new Agent({
    ...{ config, credentials, identity, broker, settledBy, overview, logger },
    ...{ clock: systemClock, random: Math.random, signal: over.signal },
    report: { ...reportTo(output), onReset, onForgotten, onConnected, hook: hooks.call },
  })
  const onForget = (camera: Id) => {
    agent.forget(camera)
    onForgotten()
  }
  const reloader = new Reloader({ configPath, config, agent, log })
  const doors = { agent, overview, log, config, identity, settledBy, reloader, onReset, onForget } as const
  await using _doors = await openDoors(doors)
  using _watching = reloader.watch()
  hooks.show({ ready: true })
  output.event({ event: 'ready' }, `Lenscap agent ${VERSION} is running; Ctrl-C stops it`)
  await agent.run()
  return outcome
}

/** Tells whoever started the program how it goes. */
const reportTo = (output: Output): Pick<AgentReport, 'onSent'> => ({
  onSent: (totals) => output.event({ event: 'sent', ...totals }, `Sent ${totals.items} items, ${totals.bytes} bytes`),
})

/** Who the box is; undefined when stopped before anybody owned it. */
async function identityFor(
  config: AgentConfig,
  output: Output,
  logger: Logger,
  signal: AbortSignal,
  onUnclaimed: () => void,
): Promise<Claimed | undefined> {
  if (config.bridge === undefined) return await standaloneIdentity(config.stateDir, config.mqtt.prefix)
  const identity = await loadIdentity(config.stateDir)
  if (identity.claimed) return identity.claimed
  onUnclaimed()
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
