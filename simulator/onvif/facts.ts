import type { FaultSwitches } from '../faults/switches.ts'
import type { Showing } from '../imaging/showing.ts'
import type { Identity } from '../profiles/identity.ts'
import type { Profile } from '../profiles/profile.ts'
import type { Account } from './http-digest.ts'
import type { Settings } from './settings.ts'
import type { SoapRequest } from './soap.ts'

/** What the services of one camera answer from. */
export interface CameraFacts {
  readonly profile: Profile
  readonly identity: Identity
  /** The name that its owner gave it, as it stands in its scopes. */
  readonly name: string
  readonly address: string
  /** One for each channel: the first is channel 1. */
  readonly showings: readonly Showing[]
  readonly settings: Settings
  /** The one that it was started with; `settings.users` holds all who may in now. */
  readonly account: Account
  readonly faults: FaultSwitches
  /** UTC ms by the simulator's clock. */
  readonly now: () => number
  /** UTC ms by the camera's own clock, which may be wrong. */
  readonly cameraNow: () => number
  /** When it was last switched on. */
  readonly startedMs: number
  /** Known once the camera listens. */
  readonly ports: { http: number; rtsp: number; subscription: number }
  /** Does something after that time, unless the camera has stopped by then. */
  readonly later: (delayMs: number, run: () => void) => void
  /** Goes down a moment from now, and comes back: at that address, where one is given. */
  readonly reboot: (address?: string) => void
  /** Goes to that address a moment from now; stays where it is if that one can't be had. */
  readonly move: (address: string) => void
}

/** What travels beside the envelope, in a multipart answer (XOP 1.0, MTOM 1.0). */
export interface Attachment {
  readonly contentId: string
  readonly contentType: string
  readonly data: Buffer
}

/** The answer's body element, alone or with what it refers to. */
export type OperationAnswer = string | { readonly body: string; readonly attachment: Attachment }

/** One operation: its answer, or a thrown SoapFault. */
type Operation = (request: SoapRequest) => OperationAnswer

export type Operations = Readonly<Record<string, Operation>>

/** Puts a channel's number, from 1, into a template of the profile. */
export function ofChannel(template: string, channel: number): string {
  return template.replaceAll('{channel}', String(channel))
}

export function httpUri(facts: CameraFacts, path: string): string {
  return `http://${facts.address}:${facts.ports.http}${path}`
}

/** xs:dateTime in UTC, with that many digits of its second's fraction. */
export function dateTime(timeMs: number, digits: 0 | 3 | 6 = 0): string {
  const [whole = '', thousandths = ''] = new Date(timeMs).toISOString().slice(0, 23).split('.')
  return digits === 0 ? `${whole}Z` : `${whole}.${thousandths.padEnd(digits, '0')}Z`
}

export const SCOPE_BASE = 'onvif://www.onvif.org'

/** The scopes that a camera begins with, and that its owner may change. */
export function firstScopes(name: string): string[] {
  return [`${SCOPE_BASE}/name/${encodeURIComponent(name)}`, `${SCOPE_BASE}/location/country/none`]
}

/** The camera's scopes (ONVIF Core 7.3.2.2). */
export function scopesOf(facts: CameraFacts): { readonly fixed: boolean; readonly uri: string }[] {
  const { media2, recording, ptz } = facts.profile.services
  const fixed = [
    'type/video_encoder',
    ...(ptz === undefined ? [] : ['type/ptz']),
    'type/Network_Video_Transmitter',
    'Profile/Streaming',
    ...(media2 === undefined ? [] : ['Profile/T']),
    ...(recording === undefined ? [] : ['Profile/G']),
    `hardware/${encodeURIComponent(facts.profile.model)}`,
  ]
  return [
    ...fixed.map((path) => ({ fixed: true, uri: `${SCOPE_BASE}/${path}` })),
    ...facts.settings.scopes.map((uri) => ({ fixed: false, uri })),
  ]
}
