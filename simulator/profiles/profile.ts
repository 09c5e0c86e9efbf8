import type { FaultText } from '../faults/fault.ts'

/** The kinds of event that can be asked of a camera; which of them a brand has stands in its profile. */
export const EVENT_KINDS = ['motion', 'person', 'vehicle'] as const
export type EventKind = (typeof EVENT_KINDS)[number]

/** `username-token`: WS-UsernameToken with a password digest. The others are HTTP Digest with that algorithm. */
type AuthScheme = 'username-token' | 'digest-md5' | 'digest-sha256'

/**
 * How a brand says that one kind of event began or ended.
 * Texts may hold `{source}`, `{config}` and `{channel}` for the channel's video source token, configuration token and number.
 */
export interface EventShape {
  readonly kind: EventKind
  /** With prefixes: tns1 is ONVIF's, others are declared in the profile's `topicNamespaces`. */
  readonly topic: string
  readonly source: readonly (readonly [name: string, value: string])[]
  readonly data: { readonly name: string; readonly on: string; readonly off: string }
}

/** The answer to a request without a valid credential. */
interface Refusal {
  readonly status: 400 | 401
  readonly body: 'soap' | 'html'
}

/**
 * Where pull points live, and how their requests are told apart.
 * `path`: each has its own path or query; `shared`: all have one address, and the client's own address tells them apart;
 * `parameter`: all have one address, and a reference parameter tells them apart, which the client must echo as a header.
 */
type SubscriptionAddress =
  | { readonly by: 'path'; readonly path: string; readonly portIfSeparate?: number }
  | { readonly by: 'shared'; readonly path: string }
  | { readonly by: 'parameter'; readonly path: string }

/** The services that a camera may lack, each with its path. */
type OptionalService = 'media2' | 'imaging' | 'ptz' | 'recording' | 'search' | 'replay' | 'deviceIo'

/**
 * How a brand gives its log: inline, as a multipart attachment of text (MTOM) or of a gzipped file (XOP), at an address
 * that GetSystemUris tells, or not at all.
 */
type SystemLogForm = 'text' | 'mtom' | 'xop' | 'uri' | 'unavailable'

/** All that makes a brand's camera behave as it does. Text templates: `#` a digit, `@` a hex digit, `{mac}` the bare MAC. */
export interface Profile {
  readonly name: string
  readonly title: string
  readonly manufacturer: string
  readonly model: string
  readonly firmware: string
  readonly serial: string
  readonly hardwareId: string
  readonly hostname: string
  readonly mac: { readonly separator: ':' | '-' | ''; readonly upperCase: boolean; readonly interfaceName: string }
  readonly channels: number

  /** The brand's own port, or the high one that stands for it where the brand's is below 1024. */
  readonly httpPort: number
  readonly paths: {
    readonly device: string
    readonly media: string
    readonly events: string
    /** With `{channel}`, from 1. */
    readonly snapshot: string
    readonly stream: string
  }
  readonly services: Readonly<Partial<Record<OptionalService, string>>>
  readonly tokens: {
    readonly profile: string
    readonly source: string
    readonly config: string
    readonly encoder: string
  }

  /** Of each channel's main stream; the others are H.264. */
  readonly mainCodec: 'h264' | 'h265'
  /** The second, smaller stream of each channel, with a media profile and encoder of its own. */
  readonly sub: { readonly stream: string; readonly profile: string; readonly encoder: string } | undefined

  /** How sound is encoded, in all streams; undefined: the camera hears none. */
  readonly audio: 'pcmu' | 'aac' | undefined

  readonly auth: readonly AuthScheme[]
  readonly realm: string
  readonly refusal: Refusal
  /** Whether ONVIF's pre-authentication operations, the date among them, need no credential (ONVIF Core 5.9.4.1). */
  readonly preAuth: boolean
  /** Wrong credentials in a row from one client address before that address is locked out, and for how long. */
  readonly lockout: { readonly attempts: number; readonly durationMs: number } | undefined

  readonly subscription: SubscriptionAddress
  readonly pullPointsMax: number
  readonly slotsFullSubcode: string
  readonly terminationDefaultMs: number
  /** Whether each PullMessages puts the subscription's end off again. */
  readonly pullExtends: boolean
  /** Cuts the connection of a pull that waits longer. */
  readonly pullCutMs: number | undefined
  readonly announcesPullPoint: boolean
  readonly topicNamespaces: Readonly<Record<string, string>>
  readonly events: readonly EventShape[]

  readonly timeZone: { readonly posix: string; readonly offsetMinutes: number }
  readonly systemLog: SystemLogForm
  readonly relayOutputs: number
  readonly digitalInputs: number
  /** Operations of its services that the brand never learnt: they are answered with ter:ActionNotSupported. */
  readonly lacks: readonly string[]
  /** How long the camera is away when it reboots. */
  readonly rebootMs: number
  /** Digits after the second in the times of events. */
  readonly eventTimeDigits: 0 | 3 | 6
  /** The brand's habits that break a standard: faults that are on from the start, and can be switched off like any other. */
  readonly faults: readonly FaultText[]
}

/** What most brands share; each profile says how it differs. */
export const USUAL = {
  channels: 1,
  httpPort: 8080,
  mainCodec: 'h264',
  sub: undefined,
  audio: undefined,
  preAuth: true,
  lockout: undefined,
  refusal: { status: 400, body: 'soap' },
  pullPointsMax: 10,
  slotsFullSubcode: 'ter:MaxPullPoints',
  terminationDefaultMs: 60_000,
  pullExtends: true,
  pullCutMs: undefined,
  announcesPullPoint: true,
  topicNamespaces: {},
  timeZone: { posix: 'GMT0', offsetMinutes: 0 },
  services: { media2: '/onvif/media2_service', imaging: '/onvif/imaging_service' },
  systemLog: 'text',
  relayOutputs: 1,
  digitalInputs: 0,
  lacks: [],
  rebootMs: 5000,
  eventTimeDigits: 0,
  faults: [],
} as const satisfies Partial<Profile>

export const CELL_MOTION: EventShape = {
  kind: 'motion',
  topic: 'tns1:RuleEngine/CellMotionDetector/Motion',
  source: [
    ['VideoSourceConfigurationToken', '{config}'],
    ['VideoAnalyticsConfigurationToken', 'VideoAnalyticsToken'],
    ['Rule', 'MyMotionDetectorRule'],
  ],
  data: { name: 'IsMotion', on: 'true', off: 'false' },
}

export const MOTION_ALARM: EventShape = {
  kind: 'motion',
  topic: 'tns1:VideoSource/MotionAlarm',
  source: [['Source', '{source}']],
  data: { name: 'State', on: 'true', off: 'false' },
}
