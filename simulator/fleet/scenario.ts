import { createHash } from 'node:crypto'
import { Agenda } from './agenda.ts'
import type { SimulatedCamera } from './camera.ts'
import { seededRandom } from './chance.ts'
import type { Fleet } from './fleet.ts'
import type { ScenarioScript, ScenarioStep } from './scenario-file.ts'

const HAPPENINGS_MAX = 100_000
/** How often a step with `every` and without `times` happens. */
const TIMES_USUAL = 10

/** One thing that a scenario does, in the order of their moments. */
export interface Happening {
  /** From the scenario's start. */
  readonly atMs: number
  readonly camera: string
  readonly what: string
  readonly run: () => Promise<void> | void
}

/**
 * Lays a script out in time, for these cameras: the same script and seed give the same happenings, always.
 * Throws RangeError, with the file's line, where it names a camera, a channel or an event that there isn't.
 */
export function planScenario(script: ScenarioScript, fleet: Fleet): Happening[] {
  const random = seededRandom(createHash('sha256').update(script.seed).digest().readUInt32BE(0))
  const planned = script.steps.flatMap((step, i) => {
    const cameras = fleet.cameras.filter((camera) => step.camera === 'all' || camera.id === step.camera)
    if (cameras.length === 0)
      throw script.complain(i, 'camera', `there is no camera "${step.camera}": write all, or one of ${idsOf(fleet)}`)
    const { fromMs, untilMs } = step.at
    const times = step.every === undefined ? 1 : (step.times ?? TIMES_USUAL)
    return Array.from(
      { length: times },
      (_, n) => fromMs + (untilMs - fromMs) * random() + n * (step.every ?? 0),
    ).flatMap((atMs) => cameras.flatMap((camera) => happeningsOf(script, i, step, camera, Math.round(atMs))))
  })
  if (planned.length > HAPPENINGS_MAX) throw new RangeError(`A scenario does at most ${HAPPENINGS_MAX} things`)
  return planned.toSorted((a, b) => a.atMs - b.atMs)
}

function idsOf(fleet: Fleet): string {
  const ids = fleet.cameras.map(({ id }) => id)
  return ids.length > 20 ? `${ids.slice(0, 20).join(', ')} …` : ids.join(', ')
}

function happeningsOf(
  script: ScenarioScript,
  index: number,
  step: ScenarioStep,
  camera: SimulatedCamera,
  atMs: number,
): Happening[] {
  const one = (what: string, run: Happening['run'], laterMs = 0) => ({
    atMs: atMs + laterMs,
    camera: camera.id,
    what,
    run,
  })
  const { raise, channel = 1, fault, clear, move, reboot } = step
  const off = step['power-off']
  if (raise !== undefined) {
    if (!camera.eventKinds.includes(raise))
      throw script.complain(index, 'raise', `a ${camera.profile} camera has no event "${raise}"`)
    if (channel > camera.truth.channels)
      throw script.complain(index, 'channel', `the camera ${camera.id} has no channel ${channel}`)
    return [one(`raise ${raise} on channel ${channel}`, () => camera.raise(raise, channel))]
  }
  if (fault !== undefined) {
    const begin = one(`fault ${fault.name}`, () => camera.applyFault(fault))
    const end = () => one(`clear ${fault.name}`, () => camera.clearFault(fault.name), step.for)
    return step.for === undefined ? [begin] : [begin, end()]
  }
  if (clear !== undefined) return [one(`clear ${clear}`, () => camera.clearFault(clear))]
  if (move !== undefined) return [one(`move to ${move}`, () => camera.moveTo(move))]
  if (off !== undefined)
    return [one('power off', () => camera.switchOff()), one('power on', () => camera.switchOn(), off)]
  if (reboot !== undefined) return [one('reboot', () => camera.reboot(reboot))]
  return [one('swap', () => camera.swap())]
}

/** Done, or failed with a reason, such as an address that another took. */
export interface Happened {
  readonly atMs: number
  readonly camera: string
  readonly what: string
  readonly trouble?: string
}

export interface RunningScenario extends Disposable {
  /** Fulfilled when all has happened, or the scenario was ended before. */
  readonly done: Promise<void>
}

/** Lets it all happen, each in its time. A happening that fails is told, and the others go on. */
export function runScenario(happenings: readonly Happening[], tell: (happened: Happened) => void): RunningScenario {
  const agenda = new Agenda()
  const over = Promise.withResolvers<void>()
  const running = happenings.map(async ({ atMs, camera, what, run }) => {
    await new Promise<void>((resolve) => agenda.after(atMs, resolve))
    try {
      await run()
      tell({ atMs, camera, what })
    } catch (error) {
      tell({ atMs, camera, what, trouble: error instanceof Error ? error.message : String(error) })
    }
  })
  const end = () => {
    agenda[Symbol.dispose]()
    over.resolve()
  }
  Promise.all(running).then(end, end)
  return { done: over.promise, [Symbol.dispose]: end }
}
