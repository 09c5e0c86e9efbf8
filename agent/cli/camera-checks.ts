import type { AgentConfig } from '../config/schema.ts'
import { ADVICE } from '../health/advice.ts'
import { HealthStore } from '../health/store.ts'
import { type Finding, failed, ok, warning } from './checks.ts'
import { type KnownCamera, knownCameras } from './inspect.ts'
import { utcTime } from './output.ts'
import { readStateDatabase, statePaths } from './state.ts'

/** Each known camera as the agent last found it. */
export function checkCameras(config: AgentConfig): Finding[] {
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
  const said = `${name}: ${level} at ${utcTime(last.at)} UTC`
  const [first] = diagnoses
  if (!first) return ok(check, said)
  const codes = diagnoses.map(({ code, detail }) => `${code} (${detail})`).join(', ')
  return (level === 'unreachable' ? failed : warning)(check, `${said}, ${codes}`, ADVICE[first.code])
}
