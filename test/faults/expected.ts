import { USUAL_PORTS } from '../../agent/discovery/manual.ts'
import type { DiagnosisCode } from '../../agent/protocol/camera.ts'
import { FAULT_GROUPS, type FaultName } from '../../simulator/faults/fault.ts'
import { PROFILE_NAMES, PROFILES, type ProfileName } from '../../simulator/profiles/catalogue.ts'
import { isWell, type Outcome } from './trial.ts'

/** `unknown`: nobody can be found or read there. */
type Diagnosis = readonly DiagnosisCode[] | 'unknown'

/** What is right to say of a fault; well, where a phase is absent. */
interface Row {
  /** Where a fault needs one to show. */
  readonly value?: string
  /** While it is on, of a camera that was well. */
  readonly running?: Diagnosis
  /** Of a camera that had it before the agent started. */
  readonly starting?: Diagnosis
  /** What the diagnosis may say besides: it comes and goes. */
  readonly may?: readonly DiagnosisCode[]
  /** Comes back only after minutes, or when a person sees to it. */
  readonly isSlow?: boolean
  /** It is well in between: when it was first gone says nothing. */
  readonly isFitful?: boolean
  /** More requests a minute than usual, where the fault is one of many answers. */
  readonly requestsPerMinuteMax?: number
  /** Where a brand's own ways make it another: what differs, and why. */
  readonly on?: Partial<Record<ProfileName, RowOfBrand>>
}

const DEAD: Row = { running: ['UNREACHABLE'], starting: 'unknown' }
const LATE: Row = { running: ['TIMEOUT'], starting: 'unknown' }
const NONSENSE: Row = { running: ['MALFORMED_REPLY'], starting: 'unknown' }
const WRONG_CLOCK: Row = { running: ['CLOCK_SKEW'], starting: ['CLOCK_SKEW'] }
/** It took the password before: then it is a lockout, or a new password; told apart when it has had time to forget. */
const REFUSES: Row = { running: ['LOCKED_OUT'], starting: ['AUTH_REJECTED'], isSlow: true }
const NO_LOGIN: Row = { running: ['AUTH_UNSUPPORTED'], starting: ['AUTH_UNSUPPORTED'] }
/** Brands that say no by a SOAP fault with a 400, without a challenge. */
const BY_FAULT = PROFILE_NAMES.filter((name) => PROFILES[name].refusal.status === 400)
const NO_TOKEN = 'takes HTTP Digest alone'
/** Brands that nobody finds who is not told their port. */
const AT_ODD_PORTS = PROFILE_NAMES.filter((name) => !USUAL_PORTS.includes(PROFILES[name].httpPort))
const HIDDEN: Row = { starting: 'unknown' }

type RowOfBrand = Row & { readonly why: string }

function brands(names: readonly ProfileName[], row: RowOfBrand): Partial<Record<ProfileName, RowOfBrand>> {
  return Object.fromEntries(names.map((name) => [name, row]))
}

/** Faults that say something; all others must leave the camera well. */
const ROWS: Partial<Record<FaultName, Row>> = {
  unreachable: DEAD,
  'connection-refused': DEAD,
  'connection-reset': DEAD,
  'accept-silent': LATE,
  'slow-answers': { ...LATE, value: '20000' },
  trickle: LATE,
  'half-then-silent': LATE,
  'slow-headers': { may: ['EVENTS_INTERRUPTED'] },
  'close-mid-body': NONSENSE,
  'busy-503': { running: ['SLOTS_FULL'], starting: 'unknown', may: ['LOCKED_OUT'] },
  'redirect-elsewhere': NONSENSE,
  'headers-huge': NONSENSE,
  'status-line-garbage': NONSENSE,
  // The agent's own two connections stand in each other's way, now and then.
  'connections-max': { may: ['EVENTS_INTERRUPTED', 'UNREACHABLE'], isFitful: true },
  'exhausted-401': { may: ['SLOTS_FULL', 'EVENTS_INTERRUPTED'] },
  'discovery-silent': HIDDEN,
  // Later than a pass lasts over the trial's thousand addresses.
  'discovery-late': { ...HIDDEN, value: '20000' },
  'discovery-garbage': HIDDEN,
  'discovery-empty': HIDDEN,
  'discovery-truncated': HIDDEN,
  'discovery-no-xaddrs': {
    on: brands(AT_ODD_PORTS, { ...HIDDEN, why: 'has its service on a port that is not among the usual ones' }),
  },
  'xaddr-wrong-port': HIDDEN,
  'xaddr-https': HIDDEN,
  'endpoint-changing': { running: ['IDENTITY_CHANGED'], may: ['IDENTITY_CHANGED'] },
  'auth-lockout': REFUSES,
  'always-401': REFUSES,
  'always-403': { ...REFUSES, starting: ['LOCKED_OUT'] },
  'basic-only': NO_LOGIN,
  // Where Digest does not work or is not asked for, the token does; but not with one that takes Digest alone.
  'digest-always-stale': { on: { axis: { ...NO_LOGIN, isSlow: true, why: NO_TOKEN } } },
  'digest-unknown-algorithm': { on: { axis: { ...NO_LOGIN, why: NO_TOKEN } } },
  'challenge-missing': { on: { axis: { ...REFUSES, why: NO_TOKEN } } },
  'refusal-400': { on: { axis: { ...REFUSES, why: NO_TOKEN } } },
  // Who refuses by a fault never asks for Digest, and then refuses the token that it took: nobody can tell it from a lockout.
  'token-refused': {
    on: brands(BY_FAULT, { ...REFUSES, why: 'refuses by a fault, and never asks for Digest' }),
  },
  'clock-skew': { ...WRONG_CLOCK, value: '-3600' },
  'clock-drift': { ...WRONG_CLOCK, value: '5000' },
  // It takes half a minute to be wrong.
  'clock-frozen': { running: ['CLOCK_SKEW'], may: ['CLOCK_SKEW'] },
  'clock-1970': WRONG_CLOCK,
  'date-dst-wrong': WRONG_CLOCK,
  'date-local-as-utc': WRONG_CLOCK,
  'date-zero': WRONG_CLOCK,
  'date-impossible': WRONG_CLOCK,
  'date-fault': HIDDEN,
  'xml-wrong-namespace': { starting: ['EVENTS_UNSUPPORTED'], isSlow: true },
  'xml-huge': NONSENSE,
  'xml-deep': NONSENSE,
  'soap-fault-all': NONSENSE,
  'soap-body-empty': NONSENSE,
  'http-body-empty': NONSENSE,
  'html-200': NONSENSE,
  'content-length-short': NONSENSE,
  'body-endless': NONSENSE,
  'gzip-unasked': NONSENSE,
  'chunks-broken': NONSENSE,
  'slots-full': { starting: ['SLOTS_FULL'] },
  // It makes subscriptions of neither kind.
  'create-fault': { starting: ['EVENTS_INTERRUPTED'] },
  'pull-fault': { may: ['EVENTS_INTERRUPTED'] },
  'pull-hang': { may: ['EVENTS_INTERRUPTED'] },
  'subscription-short': { may: ['EVENTS_INTERRUPTED'] },
  'subscription-forgotten': { may: ['EVENTS_INTERRUPTED'] },
  'pull-empty-at-once': { requestsPerMinuteMax: 400 },
  'event-storm': { requestsPerMinuteMax: 400 },
  'power-cut': DEAD,
  rebooting: { may: ['EVENTS_INTERRUPTED'] },
  'reboot-loop': { may: ['EVENTS_INTERRUPTED', 'UNREACHABLE'], isFitful: true },
  moved: { running: ['IP_CHANGED'], may: ['EVENTS_INTERRUPTED'] },
  // To an agent that knew the other first, the right one is the stranger.
  swapped: { running: ['IDENTITY_CHANGED'], isSlow: true },
}

/** What the agent may ask of one camera in a minute: a healthy one with events is asked about 100 times. */
const REQUESTS_PER_MINUTE_MAX = 200

/** A password that a camera refuses goes out this often, at most. */
const REFUSED_MAX = 3

/** A dead camera is told within this. */
const GONE_S_MAX = 30

/** What the clock of a loaded machine adds. */
const SLACK_S = 5

export interface Expected extends Row {
  /** `NAME` or `NAME=VALUE`. */
  readonly fault: string
  readonly name: FaultName
  readonly group: string
}

/** Every fault of the simulator, in its order. */
export const EXPECTED: readonly Expected[] = Object.entries(FAULT_GROUPS).flatMap(([group, faults]) =>
  (Object.keys(faults) as FaultName[]).map((name) => {
    const row = ROWS[name] ?? {}
    return { ...row, name, group, fault: row.value === undefined ? name : `${name}=${row.value}` }
  }),
)

/** What is right to say of this fault of this brand. */
export function expectedOf({ fault, profile }: { fault: string; profile: ProfileName }): Expected | undefined {
  const expected = EXPECTED.find((each) => each.fault === fault)
  return expected && { ...expected, ...expected.on?.[profile] }
}

/** What is wrong with what is said, in words; empty where it is right. */
export function wrongsInWords(of: Pick<Outcome, 'fault' | 'profile' | 'phase' | 'diagnosis'>): string[] {
  const expected = expectedOf(of)
  if (!expected) return ['nobody knows what to expect']
  return wrongsOf(of.diagnosis, expected[of.phase] ?? [], expected.may ?? [])
}

/** What is not as it should be, in words; empty where all is. */
export function verdictOf(outcome: Outcome): string {
  const expected = expectedOf(outcome)
  if (!expected) return 'nobody knows what to expect'
  const { requestsPerMinute, refusedCredentials, mediaTaken, goneAfterS = 0, recoveredAfterS } = outcome
  const wrongs = [
    ...wrongsInWords(outcome),
    ...(requestsPerMinute > (expected.requestsPerMinuteMax ?? REQUESTS_PER_MINUTE_MAX) ? ['it is asked too much'] : []),
    ...(refusedCredentials > REFUSED_MAX ? ['a refused password goes out again'] : []),
    ...(mediaTaken > 0 ? ['media was taken without a grant'] : []),
    ...(goneAfterS > GONE_S_MAX + SLACK_S && !expected.isFitful ? ['told too late'] : []),
    ...(recoveredAfterS === undefined && !expected.isSlow ? ['it does not recover'] : []),
  ]
  return wrongs.join('; ')
}

function wrongsOf(diagnosis: string, expected: Diagnosis, may: readonly DiagnosisCode[]): string[] {
  if (expected === 'unknown') return diagnosis === 'unknown' ? [] : ['it should not be known']
  if (expected.length === 0 && isWell(diagnosis)) return []
  const [level = '', ...codes] = diagnosis.split(' ')
  if (level === 'unknown') return ['it is not known']
  const missing = expected.filter((code) => !codes.includes(code)).map((code) => `${code} is missing`)
  const allowed: readonly string[] = [...expected, ...may, 'IP_CHANGED']
  return [...missing, ...codes.filter((code) => !allowed.includes(code)).map((code) => `${code} is wrong`)]
}
