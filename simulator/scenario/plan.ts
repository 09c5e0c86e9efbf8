import { createHash } from 'node:crypto'
import { seededRandom } from '../fleet/chance.ts'
import { type Deed, describeDeed, type Fleet, type SimulatedCamera } from '../fleet/index.ts'
import { addressAfter } from '../fleet/options.ts'
import { type ScenarioScript, type ScenarioStep, STEPS_MAX } from './scenario-file.ts'

/** All but events, which may be asked for without saying how long they last. */
type Change = Exclude<Deed, { readonly act: 'raise' }>

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
  const byId = new Map(fleet.cameras.map((camera) => [camera.id, camera]))
  const planned = script.steps.flatMap((step, i) => {
    const named = byId.get(step.camera)
    const cameras = step.camera === 'all' ? fleet.cameras : named ? [named] : []
    if (cameras.length === 0)
      throw script.complain(i, 'camera', `there is no camera "${step.camera}": write all, or one of ${idsOf(fleet)}`)
    const { fromMs, untilMs } = step.at
    const times = step.every === undefined ? 1 : (step.times ?? TIMES_USUAL)
    const moments = Array.from({ length: times }, (_, n) =>
      Math.round(fromMs + (untilMs - fromMs) * random() + n * (step.every ?? 0)),
    )
    const context = { script, index: i, step, firstAddress: fleet.makeup.firstAddress }
    return moments.flatMap((atMs) => cameras.flatMap((camera) => happeningsOf(context, camera, atMs)))
  })
  if (planned.length > STEPS_MAX) throw new RangeError(`A scenario does at most ${STEPS_MAX} things`)
  return planned.toSorted((a, b) => a.atMs - b.atMs)
}

function idsOf(fleet: Fleet): string {
  const ids = fleet.cameras.map(({ id }) => id)
  return ids.length > 20 ? `${ids.slice(0, 20).join(', ')} …` : ids.join(', ')
}

interface StepContext {
  readonly script: ScenarioScript
  readonly index: number
  readonly step: ScenarioStep
  readonly firstAddress: string
}

function happeningsOf(context: StepContext, camera: SimulatedCamera, atMs: number): Happening[] {
  const { step, firstAddress } = context
  const one = (deed: Change, laterMs = 0) => happening(camera, deed, atMs + laterMs)
  const { fault, clear, move, power, reboot, swap } = step
  const off = step['power-off']
  if (step.raise !== undefined) return [raising(context, camera, atMs)]
  if (fault !== undefined) {
    const begin = one({ act: 'fault', fault })
    return step.for === undefined ? [begin] : [begin, one({ act: 'clear', name: fault.name }, step.for)]
  }
  if (clear !== undefined) return [one({ act: 'clear', name: clear })]
  if (move !== undefined) return [one({ act: 'move', address: addressOf(move, firstAddress) })]
  if (power !== undefined) return [one({ act: 'power', on: power === 'on' })]
  if (off !== undefined) return [one({ act: 'power', on: false }), one({ act: 'power', on: true }, off)]
  if (reboot !== undefined) return [one({ act: 'reboot', awayMs: reboot })]
  if (typeof swap === 'number') return [one({ act: 'swap', device: swap })]
  return [{ atMs, camera: camera.id, what: 'swap', run: () => camera.swap() }]
}

function raising({ script, index, step }: StepContext, camera: SimulatedCamera, atMs: number): Happening {
  const { raise = 'motion', channel = 1 } = step
  if (!camera.eventKinds.includes(raise))
    throw script.complain(index, 'raise', `a ${camera.profile} camera has no event "${raise}"`)
  if (channel > camera.truth.channels)
    throw script.complain(index, 'channel', `the camera ${camera.id} has no channel ${channel}`)
  const what = `raise ${raise} on channel ${channel}`
  return { atMs, camera: camera.id, what, run: () => camera.raise(raise, channel, step.for) }
}

/** `first+9` is the ninth after the fleet's first, wherever that is. */
function addressOf(text: string, firstAddress: string): string {
  return text.startsWith('first') ? addressAfter(firstAddress, Number(text.slice('first'.length))) : text
}

function happening(camera: SimulatedCamera, deed: Change, atMs: number): Happening {
  return { atMs, camera: camera.id, what: describeDeed(deed), run: () => perform(camera, deed) }
}

function perform(camera: SimulatedCamera, deed: Change): Promise<void> | void {
  switch (deed.act) {
    case 'fault':
      return camera.applyFault(deed.fault)
    case 'clear':
      return camera.clearFault(deed.name)
    case 'power':
      return deed.on ? camera.switchOn() : camera.switchOff()
    case 'reboot':
      return camera.reboot(deed.awayMs)
    case 'move':
      return camera.moveTo(deed.address)
    case 'swap':
      return camera.swap(deed.device)
  }
}
