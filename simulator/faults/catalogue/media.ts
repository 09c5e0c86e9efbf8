import { type FaultKind, plainly, usually } from './kinds.ts'

export const MEDIA_FAULTS = {
  'no-profiles': plainly('has no media profiles'),
  'no-encoder': plainly('has profiles without a video encoder'),
  'no-h264': plainly('says that its streams are JPEG'),
  'media-fault': plainly('answers every operation of the media services with a fault'),
  'stream-uri-wrong-host': plainly('gives stream addresses at another host'),
  'stream-uri-empty': plainly('gives an empty stream address'),
  'stream-uri-login': plainly('puts a user and a password into stream addresses'),
  'snapshot-uri-fault': plainly('gives no snapshot address'),
  'snapshot-uri-wrong-host': plainly('gives snapshot addresses at another host'),
  'snapshot-404': plainly('answers 404 for every snapshot'),
  'snapshot-html': plainly('gives a page of HTML as its snapshot'),
  'snapshot-empty': plainly('gives a snapshot of no bytes'),
  'snapshot-truncated': plainly('gives half of a JPEG'),
  'snapshot-endless': plainly('gives a JPEG that never ends'),
  'snapshot-huge': usually(8192, 'kilobytes', 'gives a JPEG of that size'),
  'snapshot-slow': usually(3000, 'milliseconds', 'takes that long to give a snapshot'),
  'snapshot-frozen': plainly('gives the same picture for ever'),
} as const satisfies Record<string, FaultKind>
