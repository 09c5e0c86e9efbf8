import type { Id } from '../../agent/protocol/envelope.ts'
import type { Db, ItemRow } from '../store/tables.ts'

// A box takes one picture for the events of ten seconds, and a slow camera is given some seconds for it.
const MARGIN_MS = 10_000
const SNAPSHOTS_MAX = 2000

/** The snapshot that stands for a clip. */
export interface Thumbnail {
  readonly item: Id
  /** Only its owner can read it. */
  readonly locked: boolean
}

type Clip = Pick<ItemRow, 'account' | 'agent' | 'camera' | 'id' | 'kind' | 'reason' | 'taken_at' | 'duration_ms'>
type Snapshot = Pick<ItemRow, 'id' | 'reason' | 'taken_at' | 'locked'>

/** Of those of these items that are clips: the snapshot that was taken for the same event, where one is held. */
export async function thumbnailsOf(db: Db, items: readonly Clip[]): Promise<ReadonlyMap<Id, Thumbnail>> {
  const thumbnails = new Map<Id, Thumbnail>()
  const clips = items.filter(({ kind, reason }) => kind === 'clip' && reason !== '')
  for (const ofCamera of Map.groupBy(clips, ({ agent, camera }) => `${agent}/${camera}`).values()) {
    const snapshots = await snapshotsAround(db, ofCamera)
    for (const clip of ofCamera) {
      const found = thumbnailFor(clip, snapshots)
      if (found) thumbnails.set(clip.id, { item: found.id, locked: found.locked === 1 })
    }
  }
  return thumbnails
}

/** The first picture of the clip's own time and event; else the last just before, or the first just after. */
export function thumbnailFor<T extends Pick<Snapshot, 'reason' | 'taken_at'>>(
  clip: Pick<Clip, 'reason' | 'taken_at' | 'duration_ms'>,
  snapshots: readonly T[],
): T | undefined {
  const [from, to] = [clip.taken_at, clip.taken_at + clip.duration_ms]
  const near = snapshots
    .filter(({ reason, taken_at: at }) => reason === clip.reason && at >= from - MARGIN_MS && at <= to + MARGIN_MS)
    .sort((a, b) => a.taken_at - b.taken_at)
  const within = near.find(({ taken_at: at }) => at >= from && at <= to)
  return within ?? near.findLast(({ taken_at: at }) => at < from) ?? near[0]
}

async function snapshotsAround(db: Db, clips: readonly Clip[]): Promise<readonly Snapshot[]> {
  const [first] = clips
  if (!first) return []
  const from = Math.min(...clips.map(({ taken_at }) => taken_at)) - MARGIN_MS
  const to = Math.max(...clips.map(({ taken_at, duration_ms }) => taken_at + duration_ms)) + MARGIN_MS
  return await db
    .selectFrom('items')
    .select(['id', 'reason', 'taken_at', 'locked'])
    .where('account', '=', first.account)
    .where('agent', '=', first.agent)
    .where('camera', '=', first.camera)
    .where('kind', '=', 'snapshot')
    .where('reason', 'in', [...new Set(clips.map(({ reason }) => reason))])
    .where('taken_at', '>=', from)
    .where('taken_at', '<=', to)
    .orderBy('taken_at', 'desc')
    .limit(SNAPSHOTS_MAX)
    .execute()
}
