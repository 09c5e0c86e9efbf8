import { randomBytes } from 'node:crypto'
import type { FaultName } from '../../faults/fault.ts'
import type { FaultSwitches } from '../../faults/switches.ts'
import type { Profile } from '../../profiles/profile.ts'
import type { DigestAlgorithm } from '../http-digest.ts'

type Challenging = (challenges: readonly string[]) => string[]

/** How a camera challenges wrongly. */
const CHALLENGES: Partial<Record<FaultName, Challenging>> = {
  'basic-only': () => ['Basic realm="camera"'],
  'digest-no-qop': (challenges) => challenges.map((one) => one.replace(' qop="auth",', '')),
  'digest-changing-realm': (challenges) =>
    challenges.map((one) => one.replace(/realm="([^"]*)"/, `realm="$1 ${randomBytes(3).toString('hex')}"`)),
  'digest-unknown-algorithm': (challenges) =>
    challenges.slice(0, 1).map((one) => `${one.replace(/, algorithm=[^,]+/, '')}, algorithm=TIGER-192`),
}

export function challengeWrongly(challenges: readonly string[], faults: FaultSwitches): string[] {
  return [...faults.active(CHALLENGES)].reduce((before, [change]) => change(before), [...challenges])
}

/** The algorithms of HTTP Digest that a camera offers. */
export function algorithmsOf(profile: Profile, faults: FaultSwitches): DigestAlgorithm[] {
  if (faults.isOn('digest-sha256-only')) return ['SHA-256']
  const algorithms: DigestAlgorithm[] = []
  if (profile.auth.includes('digest-md5') || faults.isOn('token-refused')) algorithms.push('MD5')
  if (profile.auth.includes('digest-sha256')) algorithms.push('SHA-256')
  return algorithms
}

/** How a camera answers those whom it doesn't let in. */
export function refusalOf(profile: Profile, faults: FaultSwitches): Profile['refusal'] {
  const challenges: FaultName[] = [
    'always-401',
    'exhausted-401',
    'basic-only',
    'digest-no-qop',
    'digest-changing-realm',
  ]
  challenges.push('digest-always-stale', 'digest-sha256-only', 'digest-unknown-algorithm', 'challenge-missing')
  if (faults.isOn('refusal-400')) return { status: 400, body: 'soap' }
  if (faults.isOn('refusal-html')) return { status: 401, body: 'html' }
  return challenges.some((name) => faults.isOn(name)) ? { ...profile.refusal, status: 401 } : profile.refusal
}

const HALF_HOUR_MS = 30 * 60_000

export function lockoutOf(profile: Profile, faults: FaultSwitches): Profile['lockout'] {
  if (!faults.isOn('lockout-after')) return profile.lockout
  return { attempts: faults.valueOf('lockout-after'), durationMs: HALF_HOUR_MS }
}
