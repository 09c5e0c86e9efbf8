import type { StreamMessage } from '../../web/api.ts'
import type { CameraView, ConsentView, ErasureReceipt, EventView, ItemView, Overview, SessionView } from './types.ts'

/** What the console knows. One value, replaced and never changed. */
export type State = {
  /** `unknown` until the bridge has answered who is signed in. */
  readonly session: SessionView | 'unknown' | 'none'
  readonly overview: Overview | undefined
  /** Why the overview could not be loaded, in words; undefined while all is well. */
  readonly trouble: string | undefined
  /** The live stream: `lost` while it is broken and waits for its next try. */
  readonly link: 'connecting' | 'live' | 'lost'
  /** Events that have begun and not ended, by camera and topic. */
  readonly ongoing: ReadonlyMap<string, EventView>
  /** The lists of the one camera whose page is open. */
  readonly detail: Detail | undefined
  /** After an account was erased: what was. It outlives the session. */
  readonly receipt: ErasureReceipt | undefined
}

/** The events and items of one camera, newest first; `more` says that older ones may be had. */
type Detail = {
  readonly camera: string
  readonly events: readonly EventView[]
  readonly moreEvents: boolean
  readonly items: readonly ItemView[]
  readonly moreItems: boolean
}

export type Action =
  | StreamMessage
  | { readonly type: 'session'; readonly session: SessionView | 'none' }
  | { readonly type: 'erased'; readonly receipt: ErasureReceipt }
  | { readonly type: 'overview'; readonly overview: Overview }
  | { readonly type: 'trouble'; readonly message: string }
  | { readonly type: 'link'; readonly link: State['link'] }
  | { readonly type: 'consent'; readonly camera: string; readonly consent: ConsentView }
  | { readonly type: 'detail'; readonly detail: Detail }
  | { readonly type: 'older-events'; readonly camera: string; readonly events: EventView[]; readonly more: boolean }
  | { readonly type: 'older-items'; readonly camera: string; readonly items: ItemView[]; readonly more: boolean }

export const EVENTS_MAX = 100
const ACTIVITY_MAX = 200
const DETAIL_MAX = 1000

export const START: State = {
  session: 'unknown',
  overview: undefined,
  trouble: undefined,
  link: 'connecting',
  ongoing: new Map(),
  detail: undefined,
  receipt: undefined,
}

/** The next state. Pure; what arrives twice counts once, and what is older never covers what is newer. */
export function reduce(state: State, action: Action): State {
  switch (action.type) {
    case 'session':
      // Whoever signs out takes everything with them.
      return action.session === 'none'
        ? { ...START, session: 'none', receipt: state.receipt }
        : { ...state, session: action.session, receipt: undefined }
    case 'erased':
      return { ...START, session: 'none', receipt: action.receipt }
    case 'overview':
      return { ...state, overview: action.overview, trouble: undefined, ongoing: ongoingOf(action.overview.events) }
    case 'trouble':
      return { ...state, trouble: action.message }
    case 'link':
      return { ...state, link: action.link }
    case 'event':
      return addEvent(state, action.event)
    case 'item':
      return addItem(state, action.item)
    case 'item-deleted':
      return removeItem(state, action.item, action.camera)
    case 'consent':
      return mapCamera(state, action.camera, (camera) => ({ ...camera, consent: action.consent }))
    case 'agent':
    case 'camera':
    case 'camera-removed':
    case 'activity':
    case 'totals':
      return state.overview === undefined ? state : { ...state, overview: patch(state.overview, action) }
    case 'detail':
    case 'older-events':
    case 'older-items':
      return { ...state, detail: reduceDetail(state.detail, action) }
  }
}

type OverviewAction = Extract<StreamMessage, { type: 'agent' | 'camera' | 'camera-removed' | 'activity' | 'totals' }>

function patch(overview: Overview, action: OverviewAction): Overview {
  switch (action.type) {
    case 'agent':
      return { ...overview, agents: upsert(overview.agents, action.agent) }
    case 'camera':
      return { ...overview, cameras: upsert(overview.cameras, action.camera) }
    case 'camera-removed':
      return withoutCamera(overview, action.camera)
    case 'activity':
      return { ...overview, activity: merge([action.activity], overview.activity, ACTIVITY_MAX) }
    case 'totals':
      return { ...overview, totals: action.totals }
  }
}

/** Nothing of it is held any more. */
function withoutCamera(overview: Overview, gone: string): Overview {
  return {
    ...overview,
    cameras: overview.cameras.filter(({ id }) => id !== gone),
    events: overview.events.filter(({ camera }) => camera !== gone),
    activity: overview.activity.filter(({ camera }) => camera !== gone),
  }
}

function addEvent(state: State, event: EventView): State {
  const { overview, detail } = state
  const ongoing = new Map(state.ongoing)
  follow(ongoing, event)
  const next: State = {
    ...state,
    ongoing,
    detail:
      detail?.camera === event.camera ? { ...detail, events: merge([event], detail.events, DETAIL_MAX) } : state.detail,
    overview: overview && { ...overview, events: merge([event], overview.events, EVENTS_MAX) },
  }
  return mapCamera(next, event.camera, (camera) =>
    camera.lastEvent !== null && camera.lastEvent.at > event.at ? camera : { ...camera, lastEvent: event },
  )
}

function addItem(state: State, item: ItemView): State {
  const { detail } = state
  const next: State =
    detail?.camera === item.camera
      ? { ...state, detail: { ...detail, items: mergeItems([item], detail.items) } }
      : state
  if (item.kind !== 'snapshot') return next
  return mapCamera(next, item.camera, (camera) =>
    camera.picture !== null && camera.picture.takenAt > item.takenAt ? camera : { ...camera, picture: item },
  )
}

function removeItem(state: State, item: string, cameraId: string): State {
  const { detail } = state
  const next: State =
    detail?.camera === cameraId
      ? { ...state, detail: { ...detail, items: detail.items.filter(({ id }) => id !== item) } }
      : state
  return mapCamera(next, cameraId, (camera) => (camera.picture?.id === item ? { ...camera, picture: null } : camera))
}

type DetailAction = Extract<Action, { type: 'detail' | 'older-events' | 'older-items' }>

function reduceDetail(detail: Detail | undefined, action: DetailAction): Detail | undefined {
  if (action.type === 'detail') return action.detail
  if (detail?.camera !== action.camera) return detail
  return action.type === 'older-events'
    ? { ...detail, events: merge(detail.events, action.events, DETAIL_MAX), moreEvents: action.more }
    : { ...detail, items: mergeItems(detail.items, action.items), moreItems: action.more }
}

/** An event with a duration begins with `active: true` and ends with `active: false` on the same topic. */
function follow(ongoing: Map<string, EventView>, event: EventView): void {
  const key = `${event.camera} ${event.event.topic}`
  if (event.event.active === true) ongoing.set(key, event)
  else ongoing.delete(key)
}

function ongoingOf(newestFirst: readonly EventView[]): ReadonlyMap<string, EventView> {
  const ongoing = new Map<string, EventView>()
  for (const event of newestFirst.toReversed()) follow(ongoing, event)
  return ongoing
}

function mapCamera(state: State, id: string, change: (camera: CameraView) => CameraView): State {
  const { overview } = state
  if (overview === undefined) return state
  const cameras = overview.cameras.map((camera) => (camera.id === id ? change(camera) : camera))
  return { ...state, overview: { ...overview, cameras } }
}

function upsert<T extends { id: string }>(list: readonly T[], entry: T): T[] {
  return list.some(({ id }) => id === entry.id)
    ? list.map((old) => (old.id === entry.id ? entry : old))
    : [...list, entry]
}

/** Both lists as one, newest first, each entry once, at most `max`. */
function merge<T extends { id: number; at: number }>(some: readonly T[], others: readonly T[], max: number): T[] {
  const byId = new Map([...others, ...some].map((entry) => [entry.id, entry]))
  return [...byId.values()].sort((a, b) => b.at - a.at || b.id - a.id).slice(0, max)
}

function mergeItems(some: readonly ItemView[], others: readonly ItemView[]): ItemView[] {
  const byId = new Map([...others, ...some].map((item) => [item.id, item]))
  return [...byId.values()].sort((a, b) => b.takenAt - a.takenAt).slice(0, DETAIL_MAX)
}
