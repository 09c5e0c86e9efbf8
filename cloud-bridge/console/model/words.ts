import type {
  ActivityKind,
  CameraFacts,
  ConsentView,
  DiagnosisCode,
  EventKind,
  EventView,
  HealthFacts,
  HealthLevel,
  MediaKind,
  Overview,
} from './types.ts'

/** Health in words: a label beside the dot, and a sentence. */
const HEALTH: Record<HealthLevel, { label: string; sentence: string }> = {
  up: { label: 'Up', sentence: 'The camera answers and accepts the box’s credentials.' },
  'up-without-auth': {
    label: 'Up, not signed in',
    sentence: 'The camera answers, but the box has no credentials that it accepts.',
  },
  reachable: {
    label: 'Reachable',
    sentence: 'Something answers at the camera’s address, but it does not speak ONVIF.',
  },
  unreachable: { label: 'Unreachable', sentence: 'Nothing answers at the camera’s address.' },
}

const UNKNOWN_HEALTH = { label: 'Not checked yet', sentence: 'The box has not reported on this camera yet.' }

/** What is wrong, and what to do about it. */
export const DIAGNOSIS: Record<DiagnosisCode, { title: string; advice: string }> = {
  UNREACHABLE: { title: 'No answer', advice: 'Check its power and network cable, then its address.' },
  TIMEOUT: { title: 'Too slow', advice: 'The camera takes too long to answer. Check the network, or restart it.' },
  AUTH_REJECTED: {
    title: 'Password refused',
    advice: 'Set the right credentials on the box. It will not try the refused ones again.',
  },
  AUTH_UNSUPPORTED: {
    title: 'Login not safe',
    advice: 'Switch Digest login on in the camera. The box does not send a password in the clear.',
  },
  NO_CREDENTIAL: { title: 'No password set', advice: 'Set this camera’s credentials on the box.' },
  LOCKED_OUT: { title: 'Locked out', advice: 'The camera blocks sign-ins for a while. Wait; the box does not retry.' },
  CLOCK_SKEW: { title: 'Clock is wrong', advice: 'Set a time server (NTP) on the camera.' },
  SLOTS_FULL: { title: 'Out of connections', advice: 'Too many others use this camera. Close one of them.' },
  EVENTS_UNSUPPORTED: { title: 'No events', advice: 'This camera does not offer events. Its health is still watched.' },
  EVENTS_INTERRUPTED: { title: 'Events interrupted', advice: 'The box subscribes again; an event may be missing.' },
  STREAM_STALLED: { title: 'Stream stalled', advice: 'The camera’s stream stopped. The box opens it again.' },
  SNAPSHOT_FAILED: {
    title: 'No snapshots',
    advice: 'Switch snapshots on in the camera’s own page, or look for newer firmware.',
  },
  MALFORMED_REPLY: { title: 'Unreadable answer', advice: 'Look for newer firmware for this camera.' },
  IDENTITY_CHANGED: {
    title: 'Perhaps another camera',
    advice:
      'What answers there is not the camera it was. Nothing secret is sent to it. Find out whether it was exchanged.',
  },
  IP_CHANGED: { title: 'Address changed', advice: 'It was found at a new address. A fixed lease keeps it there.' },
}

export const EVENT: Record<EventKind, string> = {
  motion: 'Motion',
  person: 'Person',
  vehicle: 'Vehicle',
  animal: 'Animal',
  face: 'Face',
  'line-crossing': 'Line crossed',
  intrusion: 'Intrusion',
  tamper: 'Tampering',
  input: 'Input',
  sound: 'Sound',
  doorbell: 'Doorbell',
  storage: 'Storage',
  gap: 'Events may be missing',
  suppressed: 'Events summed up',
  other: 'Event',
}

/** Whether an event began, ended, or just happened. */
export function phase(event: EventView['event']): string {
  if (event.active === undefined) return ''
  return event.active ? 'began' : 'ended'
}

export const eventWords = (event: EventView['event']): string =>
  [EVENT[event.kind], phase(event)].filter(Boolean).join(' ')

export const ACTIVITY: Record<ActivityKind, string> = {
  'agent-started': 'Box started',
  'camera-discovered': 'Camera found',
  'camera-changed': 'Camera changed',
  'camera-moved': 'Camera moved',
  'camera-lost': 'Camera lost',
  'camera-returned': 'Camera is back',
  'credential-refused': 'Password refused',
  'grant-taken': 'Permission taken',
  'grant-refused': 'Permission refused',
  'cap-on': 'Cap put on',
  'cap-off': 'Cap taken off',
  'snapshot-taken': 'Snapshot taken',
  'clip-recorded': 'Clip recorded',
  'upload-done': 'Media sent',
  'upload-cancelled': 'Sending stopped',
  'upload-failed': 'Sending failed',
  'messages-dropped': 'Messages dropped',
  'command-done': 'Command done',
  'upload-refused': 'Media refused',
  'camera-forgotten': 'Camera forgotten',
  'live-view': 'Live view',
  other: 'Something else',
}

export const MEDIA: Record<MediaKind, { one: string; many: string }> = {
  snapshot: { one: 'Snapshot', many: 'Snapshots' },
  clip: { one: 'Clip', many: 'Clips' },
  live: { one: 'Live view', many: 'Live view' },
}

/** What may leave, in a word or two. */
export function consentWords({ kinds }: ConsentView): string {
  const [snapshot, clip, live] = [kinds.includes('snapshot'), kinds.includes('clip'), kinds.includes('live')]
  if (snapshot && clip) return live ? 'On, live view too' : 'On'
  const names = [snapshot && 'Snapshots', clip && 'Clips', live && 'Live view'].filter((name) => name !== false)
  if (names.length === 0) return 'Off'
  return names.length === 1 ? `${names[0]} only` : `${names[0]} and ${names[1]?.toLowerCase()}`
}

/** The header's word on media. "Nothing has left" is said only where no switch was ever on and nothing is held. */
export function mediaWords({ cameras, totals }: Overview): string {
  if (totals.mediaItems > 0) return totals.mediaItems === 1 ? '1 item' : `${totals.mediaItems} items`
  return cameras.every(({ consent }) => consent.changedAt === null) ? 'nothing has left' : 'nothing is held'
}

export const makerAndModel = ({ manufacturer, model }: CameraFacts): string =>
  [manufacturer, model].filter(Boolean).join(' ') || 'Unknown model'

export const nameOf = (facts: CameraFacts): string => facts.name || makerAndModel(facts)

/** The clock's error, told from the camera's side. */
export const skewDirection = (clockSkewMs: number): string => (clockSkewMs < 0 ? 'behind' : 'ahead')

export const healthWords = (health: HealthFacts | null) => (health === null ? UNKNOWN_HEALTH : HEALTH[health.level])
