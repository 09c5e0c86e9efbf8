import type { FaultSwitches } from '../faults/switches.ts'
import type { Showing } from '../imaging/showing.ts'
import type { Identity } from '../profiles/identity.ts'
import type { Profile } from '../profiles/profile.ts'
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
  readonly faults: FaultSwitches
  /** UTC ms by the simulator's clock. */
  readonly now: () => number
  /** UTC ms by the camera's own clock, which may be wrong. */
  readonly cameraNow: () => number
  readonly startedMs: number
  /** Known once the camera listens. */
  readonly ports: { http: number; rtsp: number; subscription: number }
}

/** One operation: the answer's body element, or a thrown SoapFault. */
type Operation = (request: SoapRequest) => string

export type Operations = Readonly<Record<string, Operation>>

/** Puts a channel's number, from 1, into a template of the profile. */
export function ofChannel(template: string, channel: number): string {
  return template.replaceAll('{channel}', String(channel))
}

export function httpUri(facts: CameraFacts, path: string): string {
  return `http://${facts.address}:${facts.ports.http}${path}`
}

/** xs:dateTime in UTC, without fractions. */
export function dateTime(timeMs: number): string {
  return `${new Date(timeMs).toISOString().slice(0, 19)}Z`
}

/** The camera's scopes (ONVIF Core 7.3.2.2). */
export function scopesOf(facts: CameraFacts): { readonly fixed: boolean; readonly uri: string }[] {
  const base = 'onvif://www.onvif.org'
  return [
    { fixed: true, uri: `${base}/type/video_encoder` },
    { fixed: true, uri: `${base}/type/Network_Video_Transmitter` },
    { fixed: true, uri: `${base}/Profile/Streaming` },
    { fixed: true, uri: `${base}/hardware/${encodeURIComponent(facts.profile.model)}` },
    { fixed: false, uri: `${base}/name/${encodeURIComponent(facts.name)}` },
    { fixed: false, uri: `${base}/location/country/none` },
  ]
}
