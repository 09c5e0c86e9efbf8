import { isIPv4 } from 'node:net'
import { z } from 'zod'
import { FaultError, isFaultName, parseFault } from '../faults/fault.ts'
import { readChecked } from '../profiles/checked-file.ts'
import { EVENT_KINDS } from '../profiles/profile.ts'
import { Duration, Moment } from './durations.ts'
import { FleetSection } from './fleet-section.ts'

/** As many as a recording holds at most. */
export const STEPS_MAX = 50_000
/** A recording of as many steps as there may be. */
const CHARACTERS_MAX = 16_777_216
const TIMES_MAX = 10_000

const Fault = z.string().transform((text, context) => {
  try {
    return parseFault(text)
  } catch (error) {
    if (!(error instanceof FaultError)) throw error
    context.addIssue(error.message)
    return z.NEVER
  }
})

/** An address, or one that many after the fleet's first. */
const Address = z
  .string()
  .refine(
    (text) => /^first([+-]\d{1,6})?$/.test(text) || (isIPv4(text) && text.startsWith('127.')),
    'an address is written as 127.x.y.z, or as first+9 for the ninth after the first camera’s',
  )

const Step = z
  .strictObject({
    at: Moment,
    camera: z.string().min(1),
    every: Duration.exactOptional(),
    times: z.number().int().min(1).max(TIMES_MAX).exactOptional(),
    raise: z.enum(EVENT_KINDS).exactOptional(),
    channel: z.number().int().min(1).exactOptional(),
    fault: Fault.exactOptional(),
    for: Duration.exactOptional(),
    clear: z.string().refine(isFaultName, 'there is no such fault').exactOptional(),
    move: Address.exactOptional(),
    power: z.enum(['on', 'off']).exactOptional(),
    'power-off': Duration.exactOptional(),
    reboot: Duration.exactOptional(),
    swap: z.union([z.literal(true), z.number().int().min(0)]).exactOptional(),
  })
  .superRefine((step, context) => {
    const acts = ACTS.filter((act) => step[act] !== undefined)
    if (acts.length !== 1) context.addIssue(`a step does one of ${ACTS.join(', ')}`)
    if (step.channel !== undefined && step.raise === undefined) context.addIssue('only raise takes a channel')
    if (step.for !== undefined && step.fault === undefined && step.raise === undefined)
      context.addIssue('only fault and raise take a duration with for')
    if (step.times !== undefined && step.every === undefined) context.addIssue('times needs every')
  })

const ACTS = ['raise', 'fault', 'clear', 'move', 'power', 'power-off', 'reboot', 'swap'] as const

const ScenarioFile = z.strictObject({
  seed: z.union([z.string(), z.number()]).transform(String).default('lenscap'),
  /** When a recording began. */
  recorded: z.string().exactOptional(),
  fleet: FleetSection.exactOptional(),
  /** Nothing at all, in a recording of a run in which nothing happened. */
  steps: z
    .array(Step)
    .max(STEPS_MAX)
    .nullable()
    .transform((steps) => steps ?? []),
})

export type ScenarioStep = z.output<typeof Step>

export interface ScenarioScript {
  readonly seed: string
  /** The cameras that it is played with, where it names them. */
  readonly fleet?: FleetSection
  readonly steps: readonly ScenarioStep[]
  /** Names the file's line of a step, and what is wrong with it. */
  readonly complain: (step: number, key: string, what: string) => RangeError
}

/** Reads a scenario, or a recording, also one that was cut off in the middle of a line. Throws RangeError that names file and line. */
export function readScenario(text: string, file: string): ScenarioScript {
  const whole = /^recorded:/m.test(text) ? text.slice(0, text.lastIndexOf('\n') + 1) : text
  const { value, complain } = readChecked(whole, file, ScenarioFile, CHARACTERS_MAX)
  return { ...value, complain: (step, key, what) => complain(['steps', step, key], what) }
}
