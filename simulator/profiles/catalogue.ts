import { amcrest } from './amcrest.ts'
import { axis } from './axis.ts'
import { hikvision } from './hikvision.ts'
import { nvr } from './nvr.ts'
import { pelco } from './pelco.ts'
import { plain } from './plain.ts'
import type { Profile } from './profile.ts'
import { nvr16, nvr32 } from './recorders.ts'
import { reolink } from './reolink.ts'
import { sunba } from './sunba.ts'
import { tapo } from './tapo.ts'
import { vigi } from './vigi.ts'
import { xm } from './xm.ts'

export const PROFILES = {
  amcrest,
  hikvision,
  reolink,
  axis,
  tapo,
  nvr,
  vigi,
  xm,
  pelco,
  sunba,
  plain,
  nvr16,
  nvr32,
} as const satisfies Record<string, Profile>

export type ProfileName = keyof typeof PROFILES

export const PROFILE_NAMES: readonly ProfileName[] = Object.keys(PROFILES).filter(isProfileName)

export function isProfileName(name: string): name is ProfileName {
  return Object.hasOwn(PROFILES, name)
}

/** Throws RangeError, naming the profiles there are. */
export function profileNamed(name: string): Profile {
  if (!isProfileName(name))
    throw new RangeError(`There is no profile "${name}": choose one of ${PROFILE_NAMES.join(', ')}`)
  return PROFILES[name]
}
