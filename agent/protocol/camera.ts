import * as z from 'zod'
import { payload, TimeMs, text } from './envelope.ts'

/** Who a camera is. Strings are the camera's own, exact: a serial of digits stays a string. */
export const CameraFacts = z.object({
  name: text(128),
  manufacturer: text(128),
  model: text(128),
  firmware: text(128),
  serial: text(128),
  hardwareId: text(128),
  /** The device's WS-Addressing endpoint reference, mostly `urn:uuid:…`. */
  endpoint: text(256),
  /** Shared by all channels of one NVR. */
  device: text(64),
  /** 1-based for a channel of an NVR; absent for a camera by itself. */
  channel: z.number().int().min(1).optional(),
  address: text(64),
  port: z.number().int().min(1).max(65535),
  /** `aa:bb:cc:dd:ee:ff`, whatever way the camera writes them. */
  macs: z.array(text(32)).max(16),
  addresses: z.array(text(64)).max(32),
  hostname: text(256),
  gateway: z.array(text(64)).max(8),
  dns: z.array(text(64)).max(8),
  ntp: z.array(text(256)).max(8),
  protocols: z
    .array(z.object({ name: text(16), enabled: z.boolean(), ports: z.array(z.number().int()).max(8) }))
    .max(16),
  profiles: z
    .array(
      z.object({
        token: text(128),
        name: text(128),
        encoding: text(32),
        width: z.number().int(),
        height: z.number().int(),
        fps: z.number(),
      }),
    )
    .max(32),
  scopes: z.array(text(256)).max(64),
  services: z.array(z.object({ namespace: text(256), version: text(16) })).max(64),
})
export type CameraFacts = z.infer<typeof CameraFacts>

export const CameraInfo = payload({ info: CameraFacts })
export type CameraInfo = z.infer<typeof CameraInfo>

/** Unreachable: nothing answers. Reachable: something answers. Up without auth: ONVIF answers, credentials don't fit. */
export const HealthLevel = z.enum(['unreachable', 'reachable', 'up-without-auth', 'up'])
export type HealthLevel = z.infer<typeof HealthLevel>

export const DiagnosisCode = z.enum([
  'UNREACHABLE',
  'TIMEOUT',
  'AUTH_REJECTED',
  'AUTH_UNSUPPORTED',
  'NO_CREDENTIAL',
  'LOCKED_OUT',
  'CLOCK_SKEW',
  'SLOTS_FULL',
  'EVENTS_UNSUPPORTED',
  'EVENTS_INTERRUPTED',
  'STREAM_STALLED',
  'SNAPSHOT_FAILED',
  'MALFORMED_REPLY',
  'IP_CHANGED',
  'IDENTITY_CHANGED',
])
export type DiagnosisCode = z.infer<typeof DiagnosisCode>

export const HealthFacts = z.object({
  level: HealthLevel,
  diagnoses: z.array(z.object({ code: DiagnosisCode, detail: text(256) })).max(16),
  /** Round trip of the last probe. */
  latencyMs: z.number().optional(),
  /** Camera's clock minus the box's. */
  clockSkewMs: z.number().optional(),
  lastSeenAt: TimeMs.optional(),
})
export type HealthFacts = z.infer<typeof HealthFacts>

export const CameraHealth = payload({ health: HealthFacts })
export type CameraHealth = z.infer<typeof CameraHealth>

export const EventKind = z.enum([
  'motion',
  'person',
  'vehicle',
  'animal',
  'face',
  'line-crossing',
  'intrusion',
  'tamper',
  'input',
  'sound',
  'doorbell',
  'storage',
  'gap',
  'suppressed',
  'other',
])
export type EventKind = z.infer<typeof EventKind>

/** What a camera said happened: our kind, and its own words beside it. */
export const EventFacts = z.object({
  kind: EventKind,
  /** True while it lasts, false when it ends, absent for what has no duration. */
  active: z.boolean().optional(),
  /** The raw ONVIF topic, as the camera sent it. */
  topic: text(512),
  source: z.record(text(128), text(256)),
  data: z.record(text(128), text(256)),
  /** The camera's own time, as it wrote it: clocks there drift, reset and lie. */
  cameraTime: text(64).optional(),
})
export type EventFacts = z.infer<typeof EventFacts>

export const CameraEvent = payload({ event: EventFacts })
export type CameraEvent = z.infer<typeof CameraEvent>

/** The camera's own system log, redacted. */
export const CameraLog = payload({ lines: z.array(text(1024)).max(100) })
export type CameraLog = z.infer<typeof CameraLog>
