import type { AgentView, CameraView, EventKind, EventView, ItemView, Overview } from './types.ts'

// Values for the tests of this folder.

export function camera(id: string, facts: Partial<CameraView['facts']> = {}): CameraView {
  return {
    id,
    agent: 'agentaaa',
    facts: {
      name: id,
      manufacturer: 'Maker',
      model: 'M1',
      firmware: '1',
      serial: '0042',
      hardwareId: '1.0',
      endpoint: 'urn:uuid:1',
      device: id,
      address: '127.0.0.11',
      port: 80,
      macs: [],
      addresses: [],
      hostname: '',
      gateway: [],
      dns: [],
      ntp: [],
      protocols: [],
      profiles: [],
      scopes: [],
      services: [],
      ...facts,
    },
    health: null,
    consent: { kinds: [], changedAt: null, changedBy: null },
    lastEvent: null,
    picture: null,
    held: { items: 0, bytes: 0 },
    forgottenAt: null,
  }
}

export const agent = (id: string, name = id): AgentView => ({
  id,
  name,
  online: true,
  version: '1.0.0',
  lastSeenAt: 1,
  claimedAt: 1,
  cap: false,
  spool: { messages: 0, bytes: 0, dropped: 0 },
  host: null,
})

export const event = (
  id: number,
  cameraId: string,
  at: number,
  active?: boolean,
  kind: EventKind = 'motion',
): EventView => ({
  id,
  camera: cameraId,
  at,
  event: { kind, topic: `tns1:${kind}`, source: {}, data: {}, ...(active !== undefined && { active }) },
})

export const item = (id: string, cameraId: string, takenAt: number, kind: ItemView['kind'] = 'snapshot'): ItemView => ({
  id,
  camera: cameraId,
  kind,
  contentType: kind === 'clip' ? 'video/mp4' : 'image/jpeg',
  takenAt,
  receivedAt: takenAt,
  durationMs: 0,
  bytes: 10,
  sha256: '',
  grantSerial: 1,
  reason: '',
  encrypted: true,
  locked: false,
  thumbnail: null,
})

export const overview = (cameras: CameraView[], events: EventView[] = []): Overview => ({
  agents: [agent('agentaaa')],
  cameras,
  events,
  activity: [],
  totals: { messages: 0, mediaItems: 0, mediaBytes: 0 },
})
