import { CELL_MOTION, MOTION_ALARM, type Profile, USUAL } from './profile.ts'

/** A camera as the specifications describe it, with a pan-tilt head: what a client should get right before all others. */
export const plain: Profile = {
  ...USUAL,
  name: 'plain',
  title: 'Conformant camera with PTZ (profiles S and T)',
  manufacturer: 'Plain',
  model: 'PTZ-1',
  firmware: '1.4.2',
  serial: 'PL########',
  hardwareId: '1.0',
  hostname: 'plain-@@@@@@',
  mac: { separator: ':', upperCase: false, interfaceName: 'eth0' },
  httpPort: 8081,
  paths: {
    device: '/onvif/device_service',
    media: '/onvif/media_service',
    events: '/onvif/event_service',
    snapshot: '/snapshot/{channel}.jpg',
    stream: '/stream/{channel}',
  },
  services: { ...USUAL.services, ptz: '/onvif/ptz_service', deviceIo: '/onvif/deviceio_service' },
  tokens: {
    profile: 'Profile_{channel}',
    source: 'VideoSource_{channel}',
    config: 'VideoSourceConfig_{channel}',
    encoder: 'VideoEncoder_{channel}',
  },
  sub: { stream: '/stream/{channel}/sub', profile: 'SubProfile_{channel}', encoder: 'VideoSubEncoder_{channel}' },
  audio: 'aac',
  auth: ['username-token', 'digest-md5', 'digest-sha256'],
  realm: 'plain-{mac}',
  refusal: { status: 401, body: 'soap' },
  subscription: { by: 'path', path: '/onvif/subscription?id={n}' },
  relayOutputs: 2,
  digitalInputs: 2,
  events: [
    CELL_MOTION,
    MOTION_ALARM,
    {
      kind: 'person',
      topic: 'tns1:RuleEngine/FieldDetector/ObjectsInside',
      source: [['VideoSourceConfigurationToken', '{config}']],
      data: { name: 'IsInside', on: 'true', off: 'false' },
    },
  ],
}
