import { systemClock } from '../base/clock.ts'
import { describeError } from '../base/errors.ts'
import type { AgentConfig } from '../config/schema.ts'
import { ADVICE } from '../health/advice.ts'
import { HealthStore } from '../health/store.ts'
import { type Claimed, readIdentity } from '../transport/identity.ts'
import {
  attempt,
  checkBridge,
  checkBroker,
  checkClock,
  checkPasswordFiles,
  checkStateDir,
  type Finding,
  failed,
  ok,
  warning,
} from './checks.ts'
import { type KnownCamera, knownCameras } from './inspect.ts'
import { EXIT, type Output, wrapped } from './output.ts'
import { loadChecked } from './places.ts'
import { readStateDatabase, statePaths } from './state.ts'

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
    return [
      failed('configuration', describeError(error), 'Mend the line named; "config schema" tells what is possible'),
    ]
  }
  const { claimed, finding } = await checkClaim(config)
  const brokerUrl = config.mqtt.url ?? claimed?.mqttUrl
  const [stateDir, passwords, bridge, broker] = await Promise.all([
    checkStateDir(config.stateDir),
    checkPasswordFiles(config),
    checkBridge(claimed?.bridgeUrl ?? config.bridge, signal),
    brokerUrl === undefined ? [] : [checkBroker(brokerUrl, systemClock, signal)],
  ])
  return [
    ok('configuration', `${configPath} is in order`),
    stateDir,
    checkClock(systemClock.nowMs(), bridge.dateMs),
    ...passwords,
    finding,
    ...bridge.findings,
    ...(await Promise.all(broker)),
    ...attempt('cameras', () => checkCameras(config)),
  ]
}

async function checkClaim(config: AgentConfig): Promise<{ claimed: Claimed | undefined; finding: Finding }> {
  const check = 'claim'
  try {
    if (config.bridge === undefined) {
      return { claimed: undefined, finding: ok(check, 'none is needed: there is no bridge, only your broker') }
    }
    const claimed = (await readIdentity(config.stateDir))?.claimed
    if (!claimed) {
      const advice = 'Start the agent, and enter the code that it shows in the console'
      return { claimed, finding: warning(check, 'nobody has claimed this box yet', advice) }
    }
    if (claimed.bridgeUrl === config.bridge) return { claimed, finding: ok(check, `claimed on ${claimed.bridgeUrl}`) }
    const found = `claimed on ${claimed.bridgeUrl}, while the configuration names ${config.bridge}`
    const advice = 'Correct the configuration; or remove identity.json and have the box claimed on the other bridge'
    return { claimed, finding: warning(check, found, advice) }
  } catch (error) {
    const advice = 'Run this as the user that runs the agent, or do what the line says'
    return { claimed: undefined, finding: failed(check, describeError(error), advice) }
  }
}

/** Each known camera as the agent last found it. */
function checkCameras(config: AgentConfig): Finding[] {
  const cameras = knownCameras(config)
  if (cameras.length === 0) {
    const advice = 'Start the agent; "discover" shows at once what answers, with --cidr for other networks'
    return [warning('cameras', 'none has been found yet', advice)]
  }
  const db = readStateDatabase(statePaths(config).state)
  try {
    const store = db && new HealthStore(db)
    return cameras.map((camera) => checkCamera(camera, store?.of(camera.camera)))
  } finally {
    db?.close()
  }
}

function checkCamera(camera: KnownCamera, last: ReturnType<HealthStore['of']>): Finding {
  const check = 'camera'
  const name = `${camera.name} at ${camera.address}`
  if (!last)
    return warning(check, `${name}: its health is not known yet`, 'Start the agent, and look again in a minute')
  const { level, diagnoses } = last.health
  const said = `${name}: ${level} at ${new Date(last.at).toISOString().slice(0, 19).replace('T', ' ')} UTC`
  const [first] = diagnoses
  if (!first) return ok(check, said)
  const codes = diagnoses.map(({ code, detail }) => `${code} (${detail})`).join(', ')
  return (level === 'unreachable' ? failed : warning)(check, `${said}, ${codes}`, ADVICE[first.code])
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
