import type { ItemView } from './types.ts'

const NEAR_MS_MAX = 15_000

/** What is shown of a picture: its id, and whether only the owner's key opens it. */
export type Shown = Pick<ItemView, 'id' | 'locked'>

/**
 * The snapshot to show in a clip's place until it plays: the one of its event, as the bridge says; or, where that came
 * after the clip, the nearest of its camera and event among those that are known here.
 */
export function posterOf(clip: ItemView, items: readonly ItemView[]): Shown | undefined {
  if (clip.thumbnail !== null) return { id: clip.thumbnail.item, locked: clip.thumbnail.locked }
  const distance = (item: ItemView) => Math.abs(item.takenAt - clip.takenAt)
  let nearest: ItemView | undefined
  for (const item of items) {
    if (item.kind !== 'snapshot' || item.camera !== clip.camera || item.reason !== clip.reason) continue
    if (distance(item) > NEAR_MS_MAX + clip.durationMs) continue
    if (nearest === undefined || distance(item) < distance(nearest)) nearest = item
  }
  return nearest
}
