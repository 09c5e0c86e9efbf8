import { isIPv4 } from 'node:net'
import { z } from 'zod'
import { FaultError, isFaultName, parseFault } from '../faults/fault.ts'
import { readChecked } from '../profiles/checked-file.ts'
import { EVENT_KINDS } from '../profiles/profile.ts'

const UNITS_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }
const DURATION = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/
const STEPS_MAX = 10_000

/** Reads `10s`, `250ms`, `1.5m` as ms. */
function durationMs(text: string): number | undefined {
  const [, number, unit = ''] = DURATION.exec(text) ?? []
  return number === undefined ? undefined : Number(number) * (UNITS_MS[unit] ?? 0)
}

const Duration = z.string().transform((text, context) => {
  const ms = durationMs(text)
  if (ms === undefined) context.addIssue('a time is written as 500ms, 10s, 2m or 1h')
  return ms ?? 0
})

/** A moment, or two with `..` between them: the seed then chooses one from between. */
const Moment = z.string().transform((text, context) => {
  const parts = text.split('..').map((part) => durationMs(part.trim()))
  const [from, until = from] = parts
  if (from === undefined || until === undefined || parts.length > 2 || parts.includes(undefined) || until < from)
    context.addIssue('a moment is written as 10s, or as 10s..20s for one that the seed chooses')
  return { fromMs: from ?? 0, untilMs: until ?? 0 }
})

const Fault = z.string().transform((text, context) => {
  try {
    return parseFault(text)
  } catch (error) {
    if (!(error instanceof FaultError)) throw error
    context.addIssue(error.message)
    return z.NEVER
  }
})

const Address = z
  .string()
  .refine((text) => isIPv4(text) && text.startsWith('127.'), 'an address is written as 127.x.y.z')

const Step = z
  .strictObject({
    at: Moment,
    camera: z.string().min(1),
    every: Duration.exactOptional(),
    times: z.number().int().min(1).max(STEPS_MAX).exactOptional(),
    raise: z.enum(EVENT_KINDS).exactOptional(),
    channel: z.number().int().min(1).exactOptional(),
    fault: Fault.exactOptional(),
    for: Duration.exactOptional(),
    clear: z.string().refine(isFaultName, 'there is no such fault').exactOptional(),
    move: Address.exactOptional(),
    'power-off': Duration.exactOptional(),
    reboot: Duration.exactOptional(),
    swap: z.literal(true).exactOptional(),
  })
  .superRefine((step, context) => {
    const acts = ACTS.filter((act) => step[act] !== undefined)
    if (acts.length !== 1) context.addIssue(`a step does one of ${ACTS.join(', ')}`)
    if (step.channel !== undefined && step.raise === undefined) context.addIssue('only raise takes a channel')
    if (step.for !== undefined && step.fault === undefined) context.addIssue('only fault takes a duration with for')
    if (step.times !== undefined && step.every === undefined) context.addIssue('times needs every')
  })

const ACTS = ['raise', 'fault', 'clear', 'move', 'power-off', 'reboot', 'swap'] as const

const ScenarioFile = z.strictObject({
  seed: z.union([z.string(), z.number()]).transform(String).default('lenscap'),
  steps: z.array(Step).min(1).max(STEPS_MAX),
})

export type ScenarioStep = z.output<typeof Step>

export interface ScenarioScript {
  readonly seed: string
  readonly steps: readonly ScenarioStep[]
  /** Names the file's line of a step, and what is wrong with it. */
  readonly complain: (step: number, key: string, what: string) => RangeError
}

/** Reads a scenario. Throws RangeError that names file and line. */
export function readScenario(text: string, file: string): ScenarioScript {
  const { value, complain } = readChecked(text, file, ScenarioFile)
  return { ...value, complain: (step, key, what) => complain(['steps', step, key], what) }
}
