import { z } from 'zod'
import { ActivityKind } from '../../agent/protocol/activity.ts'
import { CameraFacts, EventFacts, HealthFacts } from '../../agent/protocol/camera.ts'
import { Id, TimeMs } from '../../agent/protocol/envelope.ts'
import { HostFacts } from '../../agent/protocol/host.ts'
import { MediaKind } from '../../agent/protocol/media-kind.ts'

export { LiveNews } from '../live/news.ts'

/**
 * The console's API: what a signed-in owner sees of their own account, and nothing else. All times are UTC milliseconds.
 * Errors answer with `ApiError`. Requests that change something carry JSON and the header of `CHANGE_HEADER`, which no
 * form or image of another site can send.
 */
export const API = '/api/v1'
export const CHANGE_HEADER = 'x-lenscap'

export const ApiError = z.object({ error: z.string(), message: z.string() })
export type ApiError = z.infer<typeof ApiError>

/** POST /setup: makes the account with the one-time link of a first start; signs in. */
export const SetupRequest = z.object({
  token: z.string().min(1).max(128),
  name: z.string().trim().min(1).max(128),
  email: z.email().max(256),
  username: z
    .string()
    .trim()
    .regex(/^[a-z0-9][a-z0-9._-]{1,62}$/, '2 to 63 of a-z, 0-9, dot, dash and underscore'),
  password: z.string().min(12, 'at least 12 characters').max(256),
})
export type SetupRequest = z.infer<typeof SetupRequest>

/** POST /session: signs in. GET: who is signed in. DELETE: signs out. */
export const SignInRequest = z.object({ username: z.string().min(1).max(256), password: z.string().min(1).max(256) })
export type SignInRequest = z.infer<typeof SignInRequest>

export const SessionView = z.object({ account: Id, user: Id, name: z.string(), username: z.string() })
export type SessionView = z.infer<typeof SessionView>

/** POST /claims: the owner takes the box that shows this code. */
export const TakeClaimRequest = z.object({ userCode: z.string().min(1).max(32) })
export type TakeClaimRequest = z.infer<typeof TakeClaimRequest>
export const TakeClaimResult = z.object({ agent: Id, name: z.string() })
export type TakeClaimResult = z.infer<typeof TakeClaimResult>

export const AgentView = z.object({
  id: Id,
  name: z.string(),
  online: z.boolean(),
  version: z.string(),
  /** When anything last came from it. */
  lastSeenAt: TimeMs.nullable(),
  claimedAt: TimeMs,
  cap: z.boolean(),
  spool: z.object({ messages: z.number(), bytes: z.number(), dropped: z.number() }),
  host: HostFacts.nullable(),
})
export type AgentView = z.infer<typeof AgentView>

export const ConsentView = z.object({
  kinds: z.array(MediaKind),
  /** When the switch was last turned, and by whom. Null: never touched, off. */
  changedAt: TimeMs.nullable(),
  changedBy: z.string().nullable(),
})
export type ConsentView = z.infer<typeof ConsentView>

export const EventView = z.object({ id: z.number().int(), camera: Id, at: TimeMs, event: EventFacts })
export type EventView = z.infer<typeof EventView>

export const ItemView = z.object({
  id: Id,
  camera: Id,
  kind: MediaKind,
  contentType: z.string(),
  takenAt: TimeMs,
  receivedAt: TimeMs,
  durationMs: z.number(),
  bytes: z.number(),
  sha256: z.string(),
  grantSerial: z.number(),
  reason: z.string(),
  /** `bytes` and `sha256` are then those of what the box sent and we keep, not of the picture or clip itself. */
  encrypted: z.boolean(),
  /** For keys that only the owner holds: content answers 415 `locked`, and sealed has what a browser can open. */
  locked: z.boolean(),
  /** Of a clip: the snapshot of the same event. Null where none is held. */
  thumbnail: z.object({ item: Id, locked: z.boolean() }).nullable(),
})
export type ItemView = z.infer<typeof ItemView>

export const CameraView = z.object({
  id: Id,
  agent: Id,
  facts: CameraFacts,
  health: HealthFacts.nullable(),
  consent: ConsentView,
  lastEvent: EventView.nullable(),
  /** The newest snapshot, for the tile. */
  picture: ItemView.nullable(),
  /** Media held of this camera. */
  held: z.object({ items: z.number(), bytes: z.number() }),
  /** When its box forgot it: what is held of it stays its owner's until they remove it. Null: the box knows it. */
  forgottenAt: TimeMs.nullable(),
})
export type CameraView = z.infer<typeof CameraView>

export const ActivityView = z.object({
  id: z.number().int(),
  agent: Id,
  at: TimeMs,
  kind: ActivityKind,
  camera: Id.nullable(),
  message: z.string(),
})
export type ActivityView = z.infer<typeof ActivityView>

/** GET /overview: everything that the first page shows. */
export const Overview = z.object({
  agents: z.array(AgentView),
  cameras: z.array(CameraView),
  /** Newest first, at most 100. */
  events: z.array(EventView),
  activity: z.array(ActivityView),
  totals: z.object({ messages: z.number(), mediaItems: z.number(), mediaBytes: z.number() }),
})
export type Overview = z.infer<typeof Overview>

/** PUT /cameras/{camera}/consent: which kinds may leave from now on; an empty list turns it off. Answers with the ConsentView. */
export const ConsentRequest = z.object({ kinds: z.array(MediaKind).max(3) })
export type ConsentRequest = z.infer<typeof ConsentRequest>

/** GET /cameras/{camera}/items and /cameras/{camera}/events, newest first: `?before=` (ms) and `?limit=` (1..200, 50). */
export const ItemList = z.object({ items: z.array(ItemView) })
export type ItemList = z.infer<typeof ItemList>
export const EventList = z.object({ events: z.array(EventView) })
export type EventList = z.infer<typeof EventList>

/** Lines of a camera's own log, as the box sent them: redacted there, in the camera's order. */
export const LogView = z.object({ id: z.number().int(), camera: Id, at: TimeMs, lines: z.array(z.string()) })
export type LogView = z.infer<typeof LogView>
/** GET /cameras/{camera}/log, newest first, with the same `?before=` and `?limit=`. */
export const LogList = z.object({ logs: z.array(LogView) })
export type LogList = z.infer<typeof LogList>

/** DELETE /cameras/{camera}: all that is held of a camera that its box has forgotten, deleted for good; 409 for any other. */

/** GET /items/{item}/content: the bytes, with Range; /items/{item}/sealed: as they are encrypted (docs/media-format.md), with Range, too. DELETE /items/{item}: gone for good. DELETE /consent: everything off. POST /agents/{agent}/refresh. */
export const itemContentPath = (item: Id): string => `${API}/items/${item}/content`

const Sums = z.object({ items: z.number(), bytes: z.number() })

/** GET /agents/{agent}/ledger: what the box says left it, beside what the bridge received. */
export const LedgerView = z.object({
  since: TimeMs,
  head: z.object({ n: z.number(), hash: z.string(), toldAt: TimeMs }).nullable(),
  scopes: z.array(z.object({ camera: Id, kind: MediaKind, left: Sums, received: Sums })),
  /** Items of which only one of the two has told as yet. */
  waiting: z.number(),
  /** How many differences there are; the newest 200 are listed. */
  differing: z.number(),
  differences: z.array(
    z.object({
      kind: z.enum(['never-arrived', 'cut', 'unknown-to-box', 'other-content', 'rows-missing', 'rewritten']),
      at: TimeMs,
      camera: Id.nullable(),
      media: MediaKind.nullable(),
      item: Id.nullable(),
      bytes: z.number(),
      rows: z.tuple([z.number(), z.number()]).nullable(),
    }),
  ),
})
export type LedgerView = z.infer<typeof LedgerView>

/**
 * GET and PUT /privacy. With recipients (age, X25519, at most 8) the account is private: what comes from now on only their
 * holder can read; without, we can. What came before stays as it is.
 */
export const PrivacyView = z.object({
  mode: z.enum(['standard', 'private']),
  recipients: z.array(z.string()),
})
export type PrivacyView = z.infer<typeof PrivacyView>
export const PrivacyRequest = z.object({
  recipients: z.array(z.string().max(128)).max(8),
  password: z.string().min(1).max(256),
})
export type PrivacyRequest = z.infer<typeof PrivacyRequest>

/** GET /held: what is held about the account, counted. */
export const HeldView = z.object({
  account: z.object({ name: z.string(), email: z.string(), createdAt: TimeMs }),
  boxes: z.number(),
  cameras: z.number(),
  events: z.number(),
  logs: z.number(),
  activity: z.number(),
  consentChanges: z.number(),
  sessions: z.number(),
  media: z.array(z.object({ kind: MediaKind, items: z.number(), bytes: z.number() })),
})
export type HeldView = z.infer<typeof HeldView>

/** GET /export: all of it as one tar archive. DELETE /account: all of it erased for good, with the password once more. */
export const EraseRequest = z.object({ password: z.string().min(1).max(256) })
export type EraseRequest = z.infer<typeof EraseRequest>
export const ErasureReceipt = z.object({ erasedAt: TimeMs, held: HeldView, left: z.literal(0) })
export type ErasureReceipt = z.infer<typeof ErasureReceipt>

/**
 * GET /cameras/{camera}/live?quality=`grid` or `one`: a WebSocket for pages of this origin. Text: `LiveNews` as JSON. Binary: a
 * header of 10 bytes, then a piece of a fragmented MP4; or where it is `sealed`, what the box encrypted (docs/live.md).
 */

/** GET /stream: server-sent events (`data:` is one of these as JSON); a comment line keeps it alive every 15 s. */
export const StreamMessage = z.discriminatedUnion('type', [
  z.object({ type: z.literal('agent'), agent: AgentView }),
  z.object({ type: z.literal('camera'), camera: CameraView }),
  z.object({ type: z.literal('event'), event: EventView }),
  z.object({ type: z.literal('item'), item: ItemView }),
  z.object({ type: z.literal('item-deleted'), item: Id, camera: Id }),
  z.object({ type: z.literal('camera-removed'), camera: Id }),
  z.object({ type: z.literal('activity'), activity: ActivityView }),
  z.object({ type: z.literal('totals'), totals: Overview.shape.totals }),
])
export type StreamMessage = z.infer<typeof StreamMessage>
