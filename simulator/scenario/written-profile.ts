import { isDeepStrictEqual } from 'node:util'
import { readProfile } from '../fleet/index.ts'
import { isProfileName, PROFILES } from '../profiles/catalogue.ts'
import type { Profile } from '../profiles/profile.ts'

/**
 * A profile as a scenario's fleet names it: one of ours by its name, another as what it differs in from the closest of ours.
 * Throws RangeError where a profile file couldn't say it, as may be with one that a program made.
 */
export function writtenProfile(profile: Profile): unknown {
  if (isProfileName(profile.name) && PROFILES[profile.name] === profile) return profile.name
  const candidates = Object.values(PROFILES)
    .map((base) => differing(base, profile))
    .toSorted((a, b) => Object.keys(a).length - Object.keys(b).length)
  const found = candidates.find((candidate) => isRead(candidate, profile))
  if (found) return found
  throw new RangeError(
    `The profile "${profile.name}" can't be recorded: make it with a profile file, or with readProfile, instead`,
  )
}

function differing(base: Profile, profile: Profile): Record<string, unknown> {
  const known: Readonly<Record<string, unknown>> = { ...base }
  const changed = Object.entries(profile).filter(
    ([key, value]) => value !== undefined && !isDeepStrictEqual(value, known[key]),
  )
  return { base: base.name, name: profile.name, ...Object.fromEntries(changed) }
}

function isRead(candidate: Record<string, unknown>, profile: Profile): boolean {
  try {
    return isDeepStrictEqual({ ...readProfile(JSON.stringify(candidate), profile.name) }, { ...profile })
  } catch {
    return false
  }
}
