import { type ErrorKind, errorKind, LenscapError } from '../base/errors.ts'
import { type Refusal, refusalOf } from '../onvif/faults.ts'
import type { DiagnosisCode, HealthFacts, HealthLevel } from '../protocol/camera.ts'

/** Digests are refused by strict devices from minutes on, and log times mislead long before. */
const SKEW_MS_MAX = 30_000

/** All that was seen of a device, at one moment. */
export interface Observation {
  /** The last probe: nothing, a connection that breaks, too late, something that is no ONVIF, that it is busy, or ONVIF. */
  readonly answer: 'nothing' | 'cut' | 'late' | 'nonsense' | 'busy' | 'onvif'
  /** Why it lets us not in, where it doesn't. */
  readonly refusal?: Refusal | undefined
  readonly events: 'unknown' | 'watching' | 'interrupted' | 'slots-full' | 'unsupported'
  /** Why no picture comes of a stream that is wanted. */
  readonly streamTrouble?: Diagnosis | undefined
  /** A reply made no sense since the last good one. */
  readonly malformed?: string | undefined
  /** The address it had before, for an hour after it moved. */
  readonly movedFrom?: string | undefined
  readonly latencyMs?: number | undefined
  readonly clockSkewMs?: number | undefined
  /** It tells strangers a date, but none that exists. */
  readonly isDateless?: boolean
  readonly lastSeenAt?: number | undefined
}

export type Diagnosis = HealthFacts['diagnoses'][number]

/** Each line: when it holds, its code and what a field engineer wants to know beside it. */
const LINES: readonly { code: DiagnosisCode; detail: (seen: Observation) => string | undefined }[] = [
  { code: 'UNREACHABLE', detail: ({ answer }) => SILENCES[answer] },
  { code: 'TIMEOUT', detail: ({ answer }) => when(answer === 'late', 'no answer within the deadline') },
  {
    code: 'MALFORMED_REPLY',
    detail: ({ answer, malformed }) => malformed ?? when(answer === 'nonsense', 'what answers is not ONVIF'),
  },
  { code: 'NO_CREDENTIAL', detail: up(({ refusal }) => when(refusal === 'no-credential', 'it wants a user')) },
  { code: 'AUTH_REJECTED', detail: up(({ refusal }) => REJECTIONS[refusal ?? 'slots']) },
  { code: 'AUTH_UNSUPPORTED', detail: up(({ refusal }) => when(refusal === 'scheme', SCHEME)) },
  { code: 'LOCKED_OUT', detail: up(({ refusal }) => when(refusal === 'locked-out', 'it answers nobody from here')) },
  {
    code: 'IDENTITY_CHANGED',
    detail: up(({ refusal }) => when(refusal === 'identity', 'it is not the device it was')),
  },
  { code: 'CLOCK_SKEW', detail: skewDetail },
  { code: 'SLOTS_FULL', detail: slotsDetail },
  { code: 'EVENTS_UNSUPPORTED', detail: up(({ events }) => when(events === 'unsupported', 'it tells no events')) },
  { code: 'EVENTS_INTERRUPTED', detail: up(({ events }) => when(events === 'interrupted', 'the pull point was lost')) },
  { code: 'IP_CHANGED', detail: ({ movedFrom }) => movedFrom && `it was at ${movedFrom}` },
]

const SILENCES: Partial<Record<Observation['answer'], string>> = {
  nothing: 'nothing answers',
  cut: 'it takes connections and breaks them off',
}

const SCHEME = 'it takes no login that hides the password and works'

const REJECTIONS: Partial<Record<Refusal, string>> = {
  credential: 'the user or password is wrong',
  operation: 'the user has too few rights',
}

/** Pure: level and diagnoses for what was seen. */
export function assess(seen: Observation): HealthFacts {
  const diagnoses: Diagnosis[] = LINES.flatMap(({ code, detail }) => {
    const found = detail(seen)
    return found === undefined || found === '' ? [] : [{ code, detail: found.slice(0, 256) }]
  })
  const { streamTrouble } = seen
  // What was said of the device as a whole need not be said of its stream.
  const isNews = seen.answer === 'onvif' && !diagnoses.some(({ code }) => code === streamTrouble?.code)
  if (streamTrouble && isNews) diagnoses.unshift(streamTrouble)
  return {
    level: levelOf(seen),
    diagnoses,
    ...(seen.latencyMs === undefined ? {} : { latencyMs: Math.round(seen.latencyMs) }),
    ...(seen.clockSkewMs === undefined ? {} : { clockSkewMs: Math.round(seen.clockSkewMs) }),
    ...(seen.lastSeenAt === undefined ? {} : { lastSeenAt: Math.round(seen.lastSeenAt) }),
  }
}

function levelOf({ answer, refusal }: Observation): HealthLevel {
  if (answer === 'nothing' || answer === 'cut' || answer === 'late') return 'unreachable'
  if (answer === 'nonsense' || answer === 'busy') return 'reachable'
  return refusal === undefined || refusal === 'operation' || refusal === 'slots' ? 'up' : 'up-without-auth'
}

function slotsDetail({ answer, events, refusal }: Observation): string | undefined {
  if (answer !== 'onvif') return when(answer === 'busy', 'it says to everybody that it is busy')
  return when(events === 'slots-full', 'no subscription is free') ?? when(refusal === 'slots', 'no connection is free')
}

function skewDetail({ answer, refusal, clockSkewMs = 0, isDateless = false }: Observation): string | undefined {
  if (answer !== 'onvif') return undefined
  if (isDateless) return 'its date does not exist'
  if (Math.abs(clockSkewMs) > SKEW_MS_MAX) {
    const seconds = Math.round(Math.abs(clockSkewMs) / 1000)
    return `its clock is ${seconds} s ${clockSkewMs > 0 ? 'fast' : 'slow'}`
  }
  return when(refusal === 'clock', 'it does not accept the time of our requests')
}

/** What ails a device that does not answer is that it does not answer. */
function up(detail: (seen: Observation) => string | undefined): (seen: Observation) => string | undefined {
  return (seen) => (seen.answer === 'onvif' ? detail(seen) : undefined)
}

const when = (holds: boolean, detail: string) => (holds ? detail : undefined)

const ANSWERS: Partial<Record<ErrorKind, Observation['answer']>> = {
  unreachable: 'nothing',
  timeout: 'late',
  invalid: 'nonsense',
  unsupported: 'nonsense',
  limit: 'nonsense',
  busy: 'onvif',
  refused: 'onvif',
}

/** What a failed question says of who was asked. */
export function answerOf(error: unknown): Observation['answer'] {
  const kind = errorKind(error)
  if (kind === 'unreachable' && error instanceof LenscapError) {
    if (error.facts['reached'] === 'answer') return 'nonsense'
    if (error.facts['reached'] === 'connection') return 'cut'
  }
  if (kind === 'busy' && error instanceof LenscapError && error.facts['status'] === 503) return 'busy'
  return ANSWERS[kind] ?? 'nonsense'
}

/** Health of a known device that could not be read at all in this run, so that nobody watches it yet. */
export function healthUnread(error: unknown): HealthFacts {
  return assess({ answer: answerOf(error), refusal: refusalOf(error), events: 'unknown' })
}
