import { CONTROL_ADDRESS } from '../control/server.ts'
import { summarize } from '../control/summary.ts'
import type { Fleet } from '../fleet/index.ts'
import type { Happened, ScenarioState, Stage } from '../scenario/index.ts'
import type { Password } from './choice.ts'
import { table } from './terminal.ts'

/** What a person or a program wants to know of a run that begins. */
export interface RunFacts {
  readonly fleet: Fleet
  readonly stage: Stage
  readonly controlPort: number | undefined
  readonly scenario: string | undefined
  readonly user: string
  readonly password: Password
}

const CAMERAS_SHOWN_MAX = 50

/** One line. The password stands in it only where it was made: who gave one knows it. */
export function readyJson({ fleet, stage, controlPort, scenario, user, password }: RunFacts): string {
  const ready = {
    event: 'ready',
    user,
    password: password.isMade ? password.text : null,
    control: urlOf(controlPort) ?? null,
    multicast: fleet.multicast,
    scenario: scenario ?? null,
    recording: stage.recording?.into ?? null,
    cameras: fleet.cameras.map(summarize),
  }
  return `${JSON.stringify(ready)}\n`
}

export function readyText(facts: RunFacts): string {
  const { fleet, stage, controlPort, scenario, user, password } = facts
  const shown = fleet.cameras.slice(0, CAMERAS_SHOWN_MAX)
  const rows = shown.map((camera) => {
    const { manufacturer, model } = camera.truth
    return [camera.id, `${camera.address}:${camera.httpPort}`, String(camera.rtspPort), `${manufacturer} ${model}`]
  })
  const hidden = fleet.cameras.length - shown.length
  const notes = [
    ['Login', password.isMade ? `${user} / ${password.text}` : `${user}, with the password that you gave`],
    ['Discovery', discoveryNote(fleet)],
    ['Page', urlOf(controlPort)],
    ['Scenario', scenario],
    ['Recording', stage.recording?.into],
  ].flatMap(([name = '', text]) => (text === undefined ? [] : [`${name.padEnd(11)}${text}`]))
  const count = fleet.cameras.length === 1 ? '1 camera runs.' : `${fleet.cameras.length} cameras run.`
  return [
    count,
    '',
    table([['CAMERA', 'ONVIF', 'RTSP', 'DEVICE'], ...rows]),
    ...(hidden > 0 ? [`  and ${hidden} more`] : []),
    '',
    ...notes,
    '',
    'Ctrl-C stops.\n',
  ].join('\n')
}

function discoveryNote({ multicast, cameras }: Fleet): string {
  const port = cameras[0]?.discoveryPort ?? 0
  return {
    joined: `UDP ${port}, by multicast and unicast`,
    unavailable: `UDP ${port}, by unicast (this host lets nobody join the group)`,
    off: `UDP ${port}, by unicast`,
  }[multicast]
}

function urlOf(controlPort: number | undefined): string | undefined {
  return controlPort === undefined ? undefined : `http://${CONTROL_ADDRESS}:${controlPort}`
}

export function happenedLine({ atMs, camera, what, trouble }: Happened, isJson = false): string {
  if (isJson) return `${JSON.stringify({ event: 'happened', atMs, camera, what, ...(trouble ? { trouble } : {}) })}\n`
  return `${(atMs / 1000).toFixed(1).padStart(7)} s  ${camera.padEnd(16)}${what}${trouble ? `: ${trouble}` : ''}\n`
}

export function overLine(scenario: ScenarioState, isJson = false): string {
  if (scenario.state === 'none') return ''
  const { state, total, done, failed } = scenario
  if (isJson) return `${JSON.stringify({ event: 'over', state, total, done, failed })}\n`
  return `The scenario is over: ${done} of ${total} things happened${failed > 0 ? `, ${failed} of them failed` : ''}.\n`
}

export function troubleLine(trouble: string, isJson = false): string {
  return isJson ? `${JSON.stringify({ event: 'trouble', trouble })}\n` : `${trouble}.\n`
}
