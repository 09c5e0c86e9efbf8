import { type FaultKind, plainly, usually } from './kinds.ts'

export const CLOCK_FAULTS = {
  'clock-skew': { value: 'seconds', help: "sets the camera's clock ahead by that many seconds (behind, if negative)" },
  'clock-drift': usually(100, 'milliseconds', 'lets the clock gain that much each second'),
  'clock-frozen': plainly('lets the clock stand still'),
  'clock-1970': plainly('lets the clock begin at 1970 at each start'),
  'date-dst-wrong': plainly('says that daylight saving is on, and tells a UTC time an hour off'),
  'date-local-as-utc': plainly('tells its local time as UTC, for a zone eight hours ahead'),
  'date-no-utc': plainly('tells only its local time'),
  'date-zero': plainly('tells the date 0000-00-00'),
  'date-impossible': plainly('tells the 31st of February, at 25:61'),
  'date-fault': plainly('answers the question for its date with a fault'),
  'zone-odd': plainly('tells a time zone that is none'),
} as const satisfies Record<string, FaultKind>
