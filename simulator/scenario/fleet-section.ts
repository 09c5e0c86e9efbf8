import { isIPv4 } from 'node:net'
import { z } from 'zod'
import { FaultError, parseFault } from '../faults/fault.ts'
import { type CameraOptions, type FleetOptions, readProfile } from '../fleet/index.ts'
import { addressAfter, DEFAULTS } from '../fleet/options.ts'
import { PROFILE_NAMES } from '../profiles/catalogue.ts'
import { Duration } from './durations.ts'

const CAMERAS_MAX = 5000

const Loopback = z
  .string()
  .refine((text) => isIPv4(text) && text.startsWith('127.'), 'an address is written as 127.x.y.z')

const Port = z.number().int().min(0).max(65535)

const FaultText = z.string().superRefine((text, context) => {
  try {
    parseFault(text)
  } catch (error) {
    if (!(error instanceof FaultError)) throw error
    context.addIssue(error.message)
  }
})

/** A profile of the user's own, as in a file of its own. */
const OwnProfile = z.record(z.string(), z.unknown()).transform((value, context) => {
  try {
    return readProfile(JSON.stringify(value), 'profile')
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    context.addIssue(error.message)
    return z.NEVER
  }
})

const CameraEntry = z.strictObject({
  profile: z.union([z.enum(PROFILE_NAMES), OwnProfile]),
  count: z.number().int().min(1).max(CAMERAS_MAX).exactOptional(),
  name: z.string().min(1).max(256).exactOptional(),
  /** How many addresses after the first; by default each camera has the next. */
  offset: z.number().int().exactOptional(),
  faults: z.array(FaultText).exactOptional(),
  /** Leaves out those that its brand has of itself. */
  'without-faults': z.boolean().exactOptional(),
  video: z.string().min(1).exactOptional(),
})

/** The cameras of a scenario, so that a file says all, and a recording can be played where there is nothing yet. */
export const FleetSection = z.strictObject({
  seed: z.union([z.string(), z.number()]).transform(String).exactOptional(),
  address: Loopback.exactOptional(),
  'http-port': Port.exactOptional(),
  'rtsp-port': Port.exactOptional(),
  'discovery-port': Port.exactOptional(),
  'event-interval': Duration.exactOptional(),
  cameras: z
    .array(CameraEntry)
    .min(1)
    .max(CAMERAS_MAX)
    .refine(
      (entries) => entries.reduce((sum, { count = 1 }) => sum + count, 0) <= CAMERAS_MAX,
      `a fleet has at most ${CAMERAS_MAX} cameras`,
    ),
})
export type FleetSection = z.output<typeof FleetSection>

/**
 * What to start for a scenario. Elsewhere than where the file says, they are still the same cameras, with the same serials,
 * MACs and endpoint references. Throws RangeError where it has no such address.
 */
export function fleetOptionsOf(section: FleetSection, firstAddress = section.address): FleetOptions {
  const born = section.address ?? DEFAULTS.firstAddress
  const first = firstAddress ?? born
  const entries = section.cameras.flatMap((entry) => Array.from({ length: entry.count ?? 1 }, () => entry))
  let next = 0
  const cameras = entries.map(
    ({ profile, name, faults, video, offset, 'without-faults': withoutFaults }): CameraOptions => {
      const place = offset ?? next++
      return {
        profile,
        address: addressAfter(first, place),
        bornAt: addressAfter(born, place),
        ...(section['event-interval'] === undefined ? {} : { eventIntervalMs: section['event-interval'] }),
        ...(name === undefined ? {} : { name }),
        ...(faults === undefined ? {} : { faults }),
        ...(withoutFaults === undefined ? {} : { withoutFaults }),
        ...(video === undefined ? {} : { video }),
      }
    },
  )
  return {
    cameras,
    firstAddress: first,
    ...(section.seed === undefined ? {} : { seed: section.seed }),
    ...portsOf(section),
  }
}

function portsOf(section: FleetSection): Pick<FleetOptions, 'httpPort' | 'rtspPort' | 'discoveryPort'> {
  const [httpPort, rtspPort, discoveryPort] = [section['http-port'], section['rtsp-port'], section['discovery-port']]
  return {
    ...(httpPort === undefined ? {} : { httpPort }),
    ...(rtspPort === undefined ? {} : { rtspPort }),
    ...(discoveryPort === undefined ? {} : { discoveryPort }),
  }
}
