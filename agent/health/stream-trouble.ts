import { describeError, errorKind, LenscapError } from '../base/errors.ts'
import { DiagnosisCode } from '../protocol/camera.ts'
import type { Diagnosis } from './assess.ts'

const SAYS = 'no picture comes'

/** What it means for a camera that a stream which is wanted does not come. */
export function streamTroubleOf(error: unknown): Diagnosis {
  return { code: codeOf(error), detail: `${SAYS}: ${describeError(error)}`.slice(0, 256) }
}

function codeOf(error: unknown): DiagnosisCode {
  const facts = error instanceof LenscapError ? error.facts : {}
  if (facts['reason'] === 'locked-out') return 'LOCKED_OUT'
  const told = DiagnosisCode.safeParse(facts['diagnosis'])
  if (told.success) return told.data
  return errorKind(error) === 'busy' ? 'SLOTS_FULL' : 'STREAM_STALLED'
}
