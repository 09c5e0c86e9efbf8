import type { LedState } from '../../firmware-hooks/hooks/hook-event.ts'

/** What the agent knows about itself that a light can show. */
export interface LedFacts {
  readonly stopping: boolean
  /** Everything is opened. */
  readonly ready: boolean
  readonly claimed: boolean
  readonly connected: boolean
  /** A camera does not answer, or the disk is nearly full. */
  readonly trouble: boolean
  readonly cap: boolean
}

/** One light shows one thing: what a person beside the box can act on comes first. */
export function ledState({ stopping, ready, claimed, connected, trouble, cap }: LedFacts): LedState {
  if (stopping) return 'stopping'
  if (!claimed) return 'unclaimed'
  if (!ready) return 'starting'
  if (!connected) return 'offline'
  if (trouble) return 'attention'
  return cap ? 'capped' : 'online'
}
