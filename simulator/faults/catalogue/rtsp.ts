import { type FaultKind, plainly } from './kinds.ts'

export const RTSP_FAULTS = {
  'rtsp-stall': plainly('keeps RTSP sessions open and sends no more video'),
} as const satisfies Record<string, FaultKind>
