import { type FaultKind, plainly, usually } from './kinds.ts'

export const CONNECTION_FAULTS = {
  unreachable: plainly('drops every connection at once and answers no probe'),
  'connection-refused': plainly('listens on no TCP port, yet answers probes'),
  'connection-reset': plainly('resets the connection when a request has come'),
  'accept-silent': plainly('accepts connections and requests and never answers'),
  'slow-answers': { value: 'milliseconds', help: 'waits that long before each ONVIF answer' },
  trickle: usually(50, 'bytes', 'sends its answers that many bytes a second'),
  'slow-headers': usually(300, 'milliseconds', 'waits that long between the lines of each answer’s head'),
  'close-mid-body': plainly('closes the connection halfway through each answer’s body'),
  'half-then-silent': plainly('sends half of each body and then nothing more, with the connection open'),
  'connections-max': usually(1, 'count', 'resets connections beyond that many at a time'),
  'exhausted-401': usually(1, 'count', 'answers 401 while more than that many connections are open'),
  'no-keep-alive': plainly('closes the connection after each answer without saying so'),
  'busy-503': plainly('answers 503 to everything'),
  'redirect-elsewhere': plainly('redirects every request to another address'),
  'continue-flood': usually(20, 'count', 'sends that many interim answers before the real one'),
  'headers-huge': usually(64, 'kilobytes', 'sends a header of that size'),
  'status-line-garbage': plainly('sends a status line that is no HTTP'),
  'two-answers': plainly('sends each answer twice in one connection'),
} as const satisfies Record<string, FaultKind>
