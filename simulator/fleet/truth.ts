import type { Profile } from '../profiles/profile.ts'
import type { CameraParts } from './parts.ts'

/** What is so, for tests and people to compare with what a client found out. */
export interface CameraTruth {
  readonly manufacturer: string
  readonly model: string
  readonly firmware: string
  readonly serial: string
  readonly hardwareId: string
  readonly macs: readonly string[]
  /** `urn:uuid:…` */
  readonly endpoint: string
  readonly channels: number
  readonly hostname: string
}

/** How a camera was made, but for its password: enough to make it again. */
export interface CameraMakeup {
  readonly profile: Profile
  /** Where it stood first. */
  readonly address: string
  readonly name: string
  readonly video: string | undefined
}

export function truthOf({ facts, place }: CameraParts): CameraTruth {
  const { manufacturer, model, firmware, hardwareId, channels } = facts.profile
  const { serial, macs, endpoint, hostname: first } = place.identity
  const { hostname = first } = facts.settings.network
  return { manufacturer, model, firmware, serial, hardwareId, macs, endpoint, channels, hostname }
}
