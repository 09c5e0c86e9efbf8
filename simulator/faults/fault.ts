import { AUTHENTICATION_FAULTS } from './catalogue/authentication.ts'
import { CLOCK_FAULTS } from './catalogue/clock.ts'
import { CONNECTION_FAULTS } from './catalogue/connection.ts'
import { DEVICE_FAULTS } from './catalogue/device.ts'
import { DISCOVERY_FAULTS } from './catalogue/discovery.ts'
import { EVENT_FAULTS } from './catalogue/events.ts'
import type { FaultKind } from './catalogue/kinds.ts'
import { MEDIA_FAULTS } from './catalogue/media.ts'
import { RTP_FAULTS } from './catalogue/rtp.ts'
import { RTSP_FAULTS } from './catalogue/rtsp.ts'
import { SOAP_FAULTS } from './catalogue/soap.ts'

/** All faults, by what they are about. */
export const FAULT_GROUPS = {
  connection: CONNECTION_FAULTS,
  discovery: DISCOVERY_FAULTS,
  authentication: AUTHENTICATION_FAULTS,
  clock: CLOCK_FAULTS,
  soap: SOAP_FAULTS,
  events: EVENT_FAULTS,
  media: MEDIA_FAULTS,
  rtsp: RTSP_FAULTS,
  rtp: RTP_FAULTS,
  device: DEVICE_FAULTS,
} as const

/** Every fault that a camera can be given, by the name that the command line and the control API use. */
const FAULTS = {
  ...CONNECTION_FAULTS,
  ...DISCOVERY_FAULTS,
  ...AUTHENTICATION_FAULTS,
  ...CLOCK_FAULTS,
  ...SOAP_FAULTS,
  ...EVENT_FAULTS,
  ...MEDIA_FAULTS,
  ...RTSP_FAULTS,
  ...RTP_FAULTS,
  ...DEVICE_FAULTS,
} as const satisfies Record<string, FaultKind>

export type FaultName = keyof typeof FAULTS

const FAULT_NAMES: readonly FaultName[] = Object.keys(FAULTS).filter(isFaultName)

/** A value beyond this is a slip of the hand: about ten years in seconds. */
const VALUE_MAX = 315_000_000

export class FaultError extends Error {
  override readonly name = 'FaultError'
}

/** As the command line writes it. */
export type FaultText = FaultName | `${FaultName}=${number}`

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
  if (!isFaultName(name)) throw new FaultError(`There is no fault "${name}": choose one of ${likely(name)}`)
  const { value: unit, usual }: FaultKind = FAULTS[name]
  const isGiven = value !== undefined && value !== ''
  if (unit === 'none') {
    if (isGiven) throw new FaultError(`The fault ${name} takes no value: write ${name} alone`)
    return { name, value: 1 }
  }
  const number = isGiven ? Number(value) : (usual ?? Number.NaN)
  const most = unit === 'percent' ? 100 : VALUE_MAX
  const isFine = unit === 'seconds' ? Math.abs(number) <= most : number >= 0 && number <= most
  if (!isFine) throw new FaultError(`The fault ${name} takes a number of ${unit}: write ${name}=30, for example`)
  return { name, value: number }
}

/** The faults whose names share a word with what was written; all, where none does. */
function likely(name: string): string {
  const words = name.split('-').filter((word) => word.length > 2)
  const close = FAULT_NAMES.filter((known) => words.some((word) => known.includes(word)))
  return (close.length > 0 ? close : FAULT_NAMES).join(', ')
}
