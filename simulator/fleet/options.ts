import { isIPv4 } from 'node:net'
import type { ProfileName } from '../profiles/catalogue.ts'
import type { Profile } from '../profiles/profile.ts'

export interface CameraOptions {
  /** The name of one, or one's own. */
  readonly profile: ProfileName | Profile
  /** An address of this machine; by default the next one after `firstAddress`. */
  readonly address?: string
  /**
   * The address that decides, with the seed, its serial, MAC and endpoint reference; by default the one where it starts.
   * It makes the same camera elsewhere.
   */
  readonly bornAt?: string
  readonly user?: string
  readonly password?: string
  /** As the command line writes them: `NAME` or `NAME=VALUE`. */
  readonly faults?: readonly string[]
  /** Leaves out the faults that the brand has of itself; those in `faults` are on. */
  readonly withoutFaults?: boolean
  /** The mean time between two motions: each comes after two to four thirds of it. 0: only on demand. */
  readonly eventIntervalMs?: number
  /** How its owner calls it. */
  readonly name?: string
  /** A file of H.264 or H.265 (Annex B, no B-frames) that every channel streams in place of its scene, without a sub-stream. */
  readonly video?: string
}

export interface FleetOptions {
  readonly cameras: readonly CameraOptions[]
  readonly firstAddress?: string
  /** By default each profile's own; 0 for any free ones. */
  readonly httpPort?: number
  /** By default 8554; 0 for any free one. */
  readonly rtspPort?: number
  /** By default 3702; 0 for any free one, which then only those find who are told. */
  readonly discoveryPort?: number
  /** Whether to join the discovery group, where the host permits. True by default. */
  readonly multicast?: boolean
  /** For those cameras that name none: `admin`, and a password made at random. */
  readonly user?: string
  readonly password?: string
  /** Decides serials, MACs and when things happen. */
  readonly seed?: string
  /** UTC ms, never going back. */
  readonly clock?: () => number
  /** Stops the fleet. */
  readonly signal?: AbortSignal
}

export const DEFAULTS = {
  firstAddress: '127.77.0.11',
  rtspPort: 8554,
  discoveryPort: 3702,
  user: 'admin',
  eventIntervalMs: 9000,
  seed: 'lenscap',
} as const

/** UTC ms that never go back, also when someone sets the machine's clock. */
export function steadyClock(): number {
  return performance.timeOrigin + performance.now()
}

/** The IPv4 address that many after the first. Throws RangeError where there is none. */
export function addressAfter(first: string, count: number): string {
  const number = numberOf(first) + count
  if (!isIPv4(first) || number >= 2 ** 32)
    throw new RangeError(`"${first}" is no IPv4 address with ${count} more after it`)
  return [24, 16, 8, 0].map((shift) => (number / 2 ** shift) & 255).join('.')
}

/** How many addresses further than the first that one is; negative where it is before it. */
export function addressesBetween(first: string, address: string): number {
  return numberOf(address) - numberOf(first)
}

function numberOf(address: string): number {
  return address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0)
}
