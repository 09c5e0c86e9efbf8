import { FAULT_GROUPS } from '../../simulator/faults/fault.ts'
import type { Outcome } from './trial.ts'
export const EXPECTED = Object.values(FAULT_GROUPS).flatMap((g) => Object.keys(g)).map((fault) => ({ fault: ({'slow-answers':'slow-answers=20000','clock-skew':'clock-skew=-3600','clock-drift':'clock-drift=5000'} as Record<string,string>)[fault] ?? fault }))
export const verdictOf = (_: Outcome) => ''
