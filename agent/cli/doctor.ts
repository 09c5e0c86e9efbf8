import { systemClock } from '../base/clock.ts'
import { describeError } from '../base/errors.ts'
import { Secret } from '../base/secret.ts'
import type { AgentState } from '../commands/control.ts'
import { ConfigError } from '../config/load.ts'
import type { AgentConfig } from '../config/schema.ts'
import type { BrokerAccess } from '../transport/connection.ts'
import { type Claimed, readIdentity } from '../transport/identity.ts'
import { agentThere } from './agent-there.ts'
import { checkCameras } from './camera-checks.ts'
import {
  attempt,
  checkClock,
  checkCredentialStore,
  checkPasswordFiles,
  type Finding,
  failed,
  isClockSet,
  ok,
  warning,
} from './checks.ts'
import { checkStateDir, checkWear } from './disk-checks.ts'
import { checkBridge, checkBroker, checkNames, checkTls, halves } from './network-checks.ts'
import { EXIT, type Output, wrapped } from './output.ts'
import { homeBroker, ownBroker } from './own-broker.ts'
import { loadChecked } from './places.ts'
import { checkRecords } from './record-checks.ts'

/** `doctor`: looks at all that a working box needs, a line for each with what to do. Changes nothing. */
export async function runDoctor(configPath: string, output: Output, signal: AbortSignal): Promise<number> {
  const findings = await examine(configPath, signal)
  output.answer(findings, () => asText(findings, output.width))
  const has = (state: Finding['state']) => findings.some((finding) => finding.state === state)
  return has('failed') ? EXIT.failed : has('warning') ? EXIT.partly : EXIT.done
}

async function examine(configPath: string, signal: AbortSignal): Promise<Finding[]> {
  let config: AgentConfig
  try {
    config = await loadChecked(configPath)
  } catch (error) {
    const advice = 'Mend the line named; "config schema" tells what is possible'
    const faults = error instanceof ConfigError ? error.message.split('\n') : [describeError(error)]
    return faults.map((fault) => failed('configuration', fault, advice))
  }
  const { identity, finding: claim } = await checkClaim(config)
  const there = await agentThere(config.stateDir)
  const [disk, wear, passwords, store, network] = await Promise.all([
    checkStateDir(config.stateDir),
    checkWear(),
    checkPasswordFiles(config),
    checkCredentialStore(config),
    checkNetwork(config, identity, there, signal),
  ])
  return [
    ok('configuration', `${configPath} is in order`),
    ...disk,
    ...wear,
    ...checkRecords(config),
    checkClock(systemClock.nowMs(), network.dateMs, isClockSet()),
    ...passwords,
    ...store,
    checkAgent(there),
    claim,
    ...network.findings,
    ...attempt('cameras', () => checkCameras(config)),
  ]
}

/** What of an identity the doctor needs. */
type Box = Pick<Claimed, 'agent' | 'token' | 'mqttUrl' | 'bridgeUrl'>

type Presence = AgentState | 'none' | 'mute'

function checkAgent(there: Presence): Finding {
  const check = 'agent'
  if (there === 'none') return warning(check, 'it does not run', 'Start it: "lenscap-agent run", or its service')
  if (there === 'mute') {
    return warning(check, "it runs, and this user can't ask it", 'Run this as the user that runs the agent, or as root')
  }
  const { version, pid, spool } = there
  const said = `it runs, ${version}, process ${pid}`
  if (spool.dropped === 0) return ok(check, said)
  const advice = 'Have the bridge within reach, or raise spool.bytesMax'
  return warning(check, `${said}; ${spool.dropped} messages were let go, the queue being full`, advice)
}

/** Names, certificates, bridge and brokers, all at once. */
async function checkNetwork(
  config: AgentConfig,
  identity: Box | undefined,
  there: Presence,
  signal: AbortSignal,
): Promise<{ findings: Finding[]; dateMs: number | undefined }> {
  const bridgeUrl = config.bridge === undefined ? undefined : (identity?.bridgeUrl ?? config.bridge)
  const [own, home] = await Promise.all([
    accessOrFault('broker', async () => (identity ? await ownBroker(config, identity) : undefined)),
    accessOrFault('home assistant', () => homeBroker(config, identity?.agent ?? 'lenscap')),
  ])
  const brokers = [own, home].flatMap(({ access }) => access ?? [])
  const nowMs = systemClock.nowMs()
  const secured = [
    ...(bridgeUrl === undefined ? [] : [{ url: bridgeUrl, whose: 'bridge' }]),
    ...brokers.map(({ url, tls }) => ({ url, tls, whose: 'broker' })),
  ]
  const [names, bridge, certificates, broker, homeAssistant] = await Promise.all([
    checkNames(secured.map(({ url }) => url)),
    checkBridge(bridgeUrl, signal),
    Promise.all(secured.map((each) => checkTls(each, signal, nowMs))),
    own.access ? checkOwnBroker(own.access, config, there, signal) : own.findings,
    home.access ? [await checkBroker('home assistant', asDoctor(home.access), signal)] : home.findings,
  ])
  const findings = [...names, ...certificates.flat(), ...bridge.findings, ...broker, ...homeAssistant]
  return { findings, dateMs: bridge.dateMs }
}

async function accessOrFault(check: string, work: () => Promise<BrokerAccess | undefined>) {
  try {
    return { access: await work(), findings: [] }
  } catch (error) {
    const advice = 'Check the files that the configuration names'
    return { access: undefined, findings: [failed(check, describeError(error), advice)] }
  }
}

const asDoctor = (access: BrokerAccess): BrokerAccess => ({ ...access, clientId: `${access.clientId}-doctor` })

/**
 * A bridge's broker knows each box by its one id: whoever signs in with it throws the running agent out, so that is asked
 * instead.
 */
async function checkOwnBroker(
  access: BrokerAccess,
  config: AgentConfig,
  there: Presence,
  signal: AbortSignal,
): Promise<Finding[]> {
  const check = 'broker'
  if (config.bridge === undefined) return [await checkBroker(check, asDoctor(access), signal)]
  const { host } = new URL(access.url)
  if (there === 'none') return [await checkBroker(check, access, signal)]
  if (there === 'mute') return []
  if (there.connected) return [ok(check, `the agent is connected to ${host}`)]
  const [found, advice] = halves(there.trouble || 'the agent is not connected yet')
  return [failed(check, `${host}: ${found}`, advice ?? 'Look into "lenscap-agent logs"')]
}

async function checkClaim(config: AgentConfig): Promise<{ identity: Box | undefined; finding: Finding }> {
  const check = 'claim'
  try {
    const stored = await readIdentity(config.stateDir)
    if (config.bridge === undefined) {
      const identity = { agent: stored?.standalone ?? 'lenscap', token: new Secret(''), mqttUrl: '', bridgeUrl: '' }
      return { identity, finding: ok(check, 'none is needed: there is no bridge, only your broker') }
    }
    const identity = stored?.claimed
    if (!identity) {
      const advice = 'Start the agent, and enter the code that it shows in the console'
      return { identity, finding: warning(check, 'nobody has claimed this box yet', advice) }
    }
    if (identity.bridgeUrl === config.bridge)
      return { identity, finding: ok(check, `claimed on ${identity.bridgeUrl}`) }
    const found = `claimed on ${identity.bridgeUrl}, while the configuration names ${config.bridge}`
    const advice = 'Correct the configuration; or have the box forget the other bridge: "lenscap-agent reset"'
    return { identity, finding: warning(check, found, advice) }
  } catch (error) {
    const advice = 'Run this as the user that runs the agent, or do what the line says'
    return { identity: undefined, finding: failed(check, describeError(error), advice) }
  }
}

const MARKS = { ok: 'ok    ', warning: 'look  ', failed: 'FAILED' }
const CHECK_COLUMNS = 14
const INDENT = ' '.repeat(MARKS.ok.length + 2)

function asText(findings: readonly Finding[], width = 100): string {
  const lines = findings.flatMap(({ check, state, found, advice }) => [
    wrapped(`${MARKS[state]}  ${check.padEnd(CHECK_COLUMNS)}  ${found}`, width, INDENT + ' '.repeat(CHECK_COLUMNS + 2)),
    ...(advice === '' ? [] : [wrapped(`${INDENT}-> ${advice}`, width, `${INDENT}   `)]),
  ])
  const count = (state: Finding['state']) => findings.filter((each) => each.state === state).length
  const [broken, look] = [count('failed'), count('warning')]
  const sum = broken + look === 0 ? 'All is well.' : `${broken} to mend, ${look} to look at.`
  return [...lines, '', sum].join('\n')
}
