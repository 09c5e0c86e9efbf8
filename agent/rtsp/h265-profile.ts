import type { BitReader } from './bits.ts'

export interface ProfileTierLevel {
  /** The twelve bytes of general profile, tier, constraints and level, as they stand in a file's header too. */
  readonly general: Uint8Array
  readonly temporalLayers: number
  readonly temporalIdNested: boolean
}

/** The beginning of an H.265 SPS up to its id (7.3.2.2.1), with profile_tier_level (7.3.3). */
export function readProfileTierLevel(reader: BitReader): ProfileTierLevel {
  reader.bits(4)
  const subLayers = reader.bits(3)
  const temporalIdNested = reader.bit() === 1
  const general = Uint8Array.from({ length: 12 }, () => reader.bits(8))
  const present = Array.from({ length: subLayers }, () => [reader.bit(), reader.bit()] as const)
  if (subLayers > 0) reader.bits(2 * (8 - subLayers))
  for (const [profile, level] of present) {
    if (profile) reader.bits(88)
    if (level) reader.bits(8)
  }
  return { general, temporalLayers: subLayers + 1, temporalIdNested }
}
