import type { Id } from '../../agent/protocol/envelope.ts'

/** What a commit changed, for those who watch: whose, and where to look. Events and activity carry their row's id. */
export type Change = { readonly account: Id } & (
  | { readonly kind: 'agent'; readonly agent: Id }
  | { readonly kind: 'camera'; readonly agent: Id; readonly camera: Id }
  /** Its box knows it no more. */
  | { readonly kind: 'camera-forgotten'; readonly agent: Id; readonly camera: Id }
  /** Its owner had all that was held of it deleted. */
  | { readonly kind: 'camera-removed'; readonly agent: Id; readonly camera: Id }
  | { readonly kind: 'event'; readonly id: number }
  | { readonly kind: 'activity'; readonly id: number }
  | { readonly kind: 'item'; readonly agent: Id; readonly camera: Id; readonly item: Id }
  | { readonly kind: 'item-deleted'; readonly agent: Id; readonly camera: Id; readonly item: Id }
  | { readonly kind: 'totals' }
)

/** Told after the commit, never before. */
export type OnChange = (changes: readonly Change[]) => void
