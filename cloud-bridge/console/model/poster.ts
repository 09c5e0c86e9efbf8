import type { ItemView } from './types.ts'

const NEAR_MS_MAX = 15_000

/** The snapshot to show in a clip's place until it plays: the nearest one of its camera, if one was taken about then. */
export function posterOf(clip: ItemView, items: readonly ItemView[]): ItemView | undefined {
  const distance = (item: ItemView) => Math.abs(item.takenAt - clip.takenAt)
  let nearest: ItemView | undefined
  for (const item of items) {
    if (item.kind !== 'snapshot' || item.camera !== clip.camera || distance(item) > NEAR_MS_MAX) continue
    if (nearest === undefined || distance(item) < distance(nearest)) nearest = item
  }
  return nearest
}
