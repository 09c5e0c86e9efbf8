import type { FaultName } from '../../faults/fault.ts'
import type { FaultSwitches } from '../../faults/switches.ts'

type Timing = (cameraMs: number, value: number, since: { readonly nowMs: number; readonly startedMs: number }) => number

/** How a camera's clock goes wrong. */
const CLOCKS: Partial<Record<FaultName, Timing>> = {
  'clock-skew': (cameraMs, seconds) => cameraMs + seconds * 1000,
  'clock-drift': (cameraMs, gainMs, { nowMs, startedMs }) => cameraMs + ((nowMs - startedMs) / 1000) * gainMs,
  'clock-frozen': (cameraMs, _, { nowMs, startedMs }) => cameraMs - (nowMs - startedMs),
  'clock-1970': (cameraMs, _, { startedMs }) => cameraMs - startedMs,
}

/** UTC ms by the camera's own clock, faults included. */
export function cameraTime(faults: FaultSwitches, nowMs: number, startedMs: number): number {
  const since = { nowMs, startedMs }
  return [...faults.active(CLOCKS)].reduce((before, [change, value]) => change(before, value, since), nowMs)
}
