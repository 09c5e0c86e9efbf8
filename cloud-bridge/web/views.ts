import { ActivityKind } from '../../agent/protocol/activity.ts'
import { CameraFacts, CameraLog, EventFacts, HealthFacts } from '../../agent/protocol/camera.ts'
import type { Id } from '../../agent/protocol/envelope.ts'
import { HostFacts } from '../../agent/protocol/host.ts'
import { MediaKind } from '../../agent/protocol/media-kind.ts'
import { Status } from '../../agent/protocol/status.ts'
import { readBooks } from '../consent/books.ts'
import { type Held, held } from '../holdings/held.ts'
import { type Thumbnail, thumbnailsOf } from '../holdings/thumbnails.ts'
import type { AgentRow, Db, ItemRow } from '../store/tables.ts'
import {
  activityRowsById,
  agentRows,
  cameraRows,
  eventRowsById,
  itemRowsById,
  newestActivity,
  newestEvents,
  newestItems,
  newestLogs,
  type Page,
  totals,
} from '../store/views.ts'
import {
  type ActivityView,
  type AgentView,
  type CameraView,
  type ConsentView,
  type EventView,
  type ItemView,
  LedgerView,
  type LogView,
  type Overview,
} from './api.ts'

const NEWEST = { before: Number.MAX_SAFE_INTEGER, limit: 100 }

/** What one account sees, in the words of the API. */
export class Views {
  readonly #db: Db

  constructor(db: Db) {
    this.#db = db
  }

  async overview(account: Id): Promise<Overview> {
    return {
      agents: await this.agents(account),
      cameras: await this.cameras(account),
      events: await this.events(account, NEWEST),
      activity: (await newestActivity(this.#db, account, 100)).map(activityView),
      totals: await this.totals(account),
    }
  }

  totals(account: Id): Promise<Overview['totals']> {
    return totals(this.#db, account)
  }

  held(account: Id): Promise<Held> {
    return held(this.#db, account)
  }

  ledger(account: Id, agent: Id, nowMs: number): Promise<LedgerView> {
    return readBooks(this.#db, account, agent, nowMs).then((books) => LedgerView.parse(books))
  }

  async agents(account: Id, agent?: Id): Promise<AgentView[]> {
    return (await agentRows(this.#db, account, agent)).map(agentView)
  }

  /** All cameras, or those (mostly one) with this id. */
  async cameras(account: Id, only?: { readonly agent?: Id; readonly camera: Id }): Promise<CameraView[]> {
    const rows = await cameraRows(this.#db, account, only)
    const eventIds = rows.map((row) => row.last_event).filter((id) => id !== null)
    const pictureIds = rows.map((row) => row.picture).filter((id) => id !== null)
    const events = new Map((await eventRowsById(this.#db, account, eventIds)).map((row) => [row.id, eventView(row)]))
    const pictures = new Map((await itemRowsById(this.#db, account, pictureIds)).map((row) => [row.id, itemView(row)]))
    return rows.map((row) => ({
      id: row.camera,
      agent: row.agent,
      facts: CameraFacts.parse(JSON.parse(row.facts)),
      health: row.health === null ? null : HealthFacts.parse(JSON.parse(row.health)),
      consent: consentView(row),
      lastEvent: events.get(row.last_event ?? -1) ?? null,
      picture: pictures.get(row.picture ?? '') ?? null,
      held: { items: row.items ?? 0, bytes: row.bytes ?? 0 },
      forgottenAt: row.forgotten_at,
    }))
  }

  async events(account: Id, page: Page, camera?: Id): Promise<EventView[]> {
    return (await newestEvents(this.#db, account, page, camera)).map(eventView)
  }

  async eventsById(account: Id, ids: readonly number[]): Promise<EventView[]> {
    return (await eventRowsById(this.#db, account, ids)).map(eventView)
  }

  async activityById(account: Id, ids: readonly number[]): Promise<ActivityView[]> {
    return (await activityRowsById(this.#db, account, ids)).map(activityView)
  }

  async logs(account: Id, camera: Pick<CameraView, 'id' | 'agent'>, page: Page): Promise<LogView[]> {
    const of = { agent: camera.agent, camera: camera.id }
    return (await newestLogs(this.#db, account, of, page)).map(logView)
  }

  async items(account: Id, camera: Id, page: Page): Promise<ItemView[]> {
    return await this.#itemViews(await newestItems(this.#db, account, camera, page))
  }

  /** With its row, which is not for the browser. */
  async item(account: Id, item: Id): Promise<{ readonly view: ItemView; readonly row: ItemRow } | undefined> {
    const [row] = await itemRowsById(this.#db, account, [item])
    const [view] = row ? await this.#itemViews([row]) : []
    return row && view && { view, row }
  }

  async #itemViews(rows: readonly ItemRow[]): Promise<ItemView[]> {
    const thumbnails = await thumbnailsOf(this.#db, rows)
    return rows.map((row) => itemView(row, thumbnails.get(row.id)))
  }
}

function agentView(row: AgentRow): AgentView {
  return {
    id: row.id,
    name: row.name,
    online: row.online === 1,
    version: row.version,
    lastSeenAt: row.last_seen_at,
    claimedAt: row.claimed_at,
    cap: row.cap === 1,
    spool: Status.shape.spool.parse(JSON.parse(row.spool)),
    host: row.host === null ? null : HostFacts.parse(JSON.parse(row.host)),
  }
}

type ConsentColumns = {
  readonly kinds: string | null
  readonly changed_at: number | null
  readonly changed_by: string | null
}

function consentView({ kinds, changed_at, changed_by }: ConsentColumns): ConsentView {
  const granted: unknown = JSON.parse(kinds ?? '{}')
  const isOn = (kind: MediaKind) => typeof granted === 'object' && granted !== null && kind in granted
  return { kinds: MediaKind.options.filter(isOn), changedAt: changed_at, changedBy: changed_by }
}

const eventView = (row: { id: number; camera: string; at: number; event: string }): EventView => ({
  id: row.id,
  camera: row.camera,
  at: row.at,
  event: EventFacts.parse(JSON.parse(row.event)),
})

const logView = (row: { id: number; camera: string; at: number; lines: string }): LogView => ({
  id: row.id,
  camera: row.camera,
  at: row.at,
  lines: CameraLog.shape.lines.parse(JSON.parse(row.lines)),
})

const activityView = (row: {
  id: number
  agent: string
  at: number
  kind: string
  camera: string | null
  message: string
}): ActivityView => ({
  id: row.id,
  agent: row.agent,
  at: row.at,
  // A newer release may have written it.
  kind: ActivityKind.catch('other').parse(row.kind),
  camera: row.camera,
  message: row.message,
})

const itemView = (row: ItemRow, thumbnail?: Thumbnail): ItemView => ({
  id: row.id,
  camera: row.camera,
  kind: MediaKind.parse(row.kind),
  contentType: row.content_type,
  takenAt: row.taken_at,
  receivedAt: row.received_at,
  durationMs: row.duration_ms,
  bytes: row.bytes,
  sha256: row.sha256,
  grantSerial: row.grant_serial,
  reason: row.reason,
  encrypted: row.envelope !== null,
  locked: row.locked === 1,
  thumbnail: thumbnail ?? null,
})
