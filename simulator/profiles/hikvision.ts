import { CELL_MOTION, type EventShape, MOTION_ALARM, type Profile, USUAL } from './profile.ts'

export const FIELD_DETECTOR: EventShape = {
  kind: 'person',
  topic: 'tns1:RuleEngine/FieldDetector/ObjectsInside',
  source: [
    ['VideoSourceConfigurationToken', '{config}'],
    ['VideoAnalyticsConfigurationToken', 'VideoAnalyticsToken'],
    ['Rule', 'MyFieldDetector1'],
  ],
  data: { name: 'IsInside', on: 'true', off: 'false' },
}

/** Answers every unauthorised request, the date included, with a 401 and an HTML page; locks out after five wrong passwords. */
export const hikvision: Profile = {
  ...USUAL,
  name: 'hikvision',
  title: 'Hikvision camera',
  manufacturer: 'HIKVISION',
  model: 'DS-2CD2388X-LSU',
  firmware: 'V5.7.12_220819',
  serial: 'DS-2CD2388X-LSU202209##AAWRK########',
  hardwareId: '88',
  hostname: 'HIKVISION DS-2CD2388X-LSU',
  mac: { separator: ':', upperCase: false, interfaceName: 'eth0' },
  paths: {
    device: '/onvif/device_service',
    media: '/onvif/Media',
    events: '/onvif/Events',
    snapshot: '/onvif-http/snapshot?Profile_{channel}',
    stream: '/Streaming/Channels/{channel}01?transportmode=unicast&profile=Profile_{channel}',
  },
  services: { media2: '/onvif/Media2', imaging: '/onvif/Imaging', deviceIo: '/onvif/DeviceIO' },
  tokens: {
    profile: 'Profile_{channel}',
    source: 'VideoSource_{channel}',
    config: 'VideoSourceToken',
    encoder: 'VideoEncoderToken_{channel}',
  },
  sub: {
    stream: '/Streaming/Channels/{channel}02?transportmode=unicast&profile=Profile_{channel}02',
    profile: 'Profile_{channel}02',
    encoder: 'VideoEncoderToken_{channel}02',
  },
  audio: 'pcmu',
  auth: ['username-token', 'digest-md5', 'digest-sha256'],
  realm: 'IP Camera(F1234)',
  refusal: { status: 401, body: 'html' },
  preAuth: false,
  lockout: { attempts: 5, durationMs: 30 * 60_000 },
  subscription: { by: 'path', path: '/onvif/Events/PullSubManager_{time}_{n}' },
  events: [CELL_MOTION, MOTION_ALARM, FIELD_DETECTOR],
  timeZone: { posix: 'CST-8:00:00', offsetMinutes: 480 },
  digitalInputs: 1,
  systemLog: 'unavailable',
}
