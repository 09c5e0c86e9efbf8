import type { Clock } from '../base/clock.ts'
import type { Id } from '../protocol/envelope.ts'
import type { Spool } from '../spool/spool.ts'
import type { DrainDeps } from './drain.ts'

/** Cameras that are gone for good, until that was told. */
export interface ForgottenCameras {
  readonly cameras: () => readonly Id[]
  readonly told: (camera: Id) => void
}

interface ForgottenDeps {
  readonly forgotten: ForgottenCameras | undefined
  readonly spool: Pick<Spool, 'depth'>
  readonly settledBy: DrainDeps['settledBy']
  /** An empty retained message has the broker forget the one it held (MQTT 3.1.1, 3.3.1.3). */
  readonly clear: (name: 'camera-info' | 'camera-health', camera: Id) => Promise<void>
  readonly clock: Clock
  readonly signal: AbortSignal
}

const LOOK_EVERY_MS = 1000

/**
 * Has the broker let go of what it retained of forgotten cameras, once nothing older of them waits in the queue. A bridge
 * keeps its records by itself: it was told by the messages before. Ends at once where nothing is to be done.
 */
export async function clearForgotten(deps: ForgottenDeps): Promise<void> {
  const { forgotten, spool, settledBy, clear, clock, signal } = deps
  if (forgotten === undefined || forgotten.cameras().length === 0) return
  while (!signal.aborted && spool.depth().messages > 0) await clock.sleep(LOOK_EVERY_MS, signal).catch(() => {})
  if (signal.aborted) return
  for (const camera of forgotten.cameras()) {
    if (settledBy === 'broker') await Promise.all([clear('camera-info', camera), clear('camera-health', camera)])
    forgotten.told(camera)
  }
}
