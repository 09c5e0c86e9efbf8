/** What a fault's value means: nothing (it is on or off), or a number in that unit. */
type FaultValue = 'none' | 'seconds' | 'milliseconds'

interface FaultKind {
  readonly value: FaultValue
  readonly help: string
}

/** Every fault that a camera can be given, by the name that the command line and the control API use. */
export const FAULTS = {
  unreachable: { value: 'none', help: 'drops every connection at once and answers no probe' },
  'auth-lockout': { value: 'none', help: 'refuses every credential, also the right one, as after too many wrong ones' },
  'clock-skew': { value: 'seconds', help: "sets the camera's clock ahead by that many seconds (behind, if negative)" },
  'slow-answers': { value: 'milliseconds', help: 'waits that long before each ONVIF answer' },
  'slots-full': { value: 'none', help: 'refuses new event subscriptions, as if others held all slots' },
  'events-dead': { value: 'none', help: 'accepts event subscriptions and never delivers an event' },
  'rtsp-stall': { value: 'none', help: 'keeps RTSP sessions open and sends no more video' },
} as const satisfies Record<string, FaultKind>

export type FaultName = keyof typeof FAULTS

const FAULT_NAMES: readonly FaultName[] = Object.keys(FAULTS).filter(isFaultName)

/** A value beyond this is a slip of the hand: about ten years in seconds. */
const VALUE_MAX = 315_000_000

export class FaultError extends Error {
  override readonly name = 'FaultError'
}

export interface FaultSetting {
  readonly name: FaultName
  readonly value: number
}

export function isFaultName(name: string): name is FaultName {
  return Object.hasOwn(FAULTS, name)
}

/** Reads `NAME` or `NAME=VALUE`. Throws FaultError saying what to write instead. */
export function parseFault(text: string): FaultSetting {
  const [name = '', value] = text.split('=', 2)
  return checkFault(name, value)
}

/** Checks a fault's name and value. Throws FaultError saying what to write instead. */
export function checkFault(name: string, value: string | number | undefined): FaultSetting {
  if (!isFaultName(name)) throw new FaultError(`There is no fault "${name}": choose one of ${FAULT_NAMES.join(', ')}`)
  const unit: FaultValue = FAULTS[name].value
  if (unit === 'none') {
    if (value !== undefined && value !== '')
      throw new FaultError(`The fault ${name} takes no value: write ${name} alone`)
    return { name, value: 1 }
  }
  const number = value === undefined || value === '' ? Number.NaN : Number(value)
  if (!Number.isFinite(number) || Math.abs(number) > VALUE_MAX || (unit === 'milliseconds' && number < 0))
    throw new FaultError(`The fault ${name} takes a number of ${unit}: write ${name}=30, for example`)
  return { name, value: number }
}
