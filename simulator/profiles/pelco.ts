import { CELL_MOTION, MOTION_ALARM, type Profile, USUAL } from './profile.ts'

/** Sends a log of 735 kB as an attachment, writes its MAC without separators and its times with microseconds. */
export const pelco: Profile = {
  ...USUAL,
  name: 'pelco',
  title: 'Pelco camera',
  manufacturer: 'Pelco',
  model: 'IMP832-1ERS',
  firmware: '2.12.0.15.8280-A0.0',
  serial: 'T6########',
  hardwareId: 'IMP832-1ERS',
  hostname: 'IMP832-1ERS-T6######',
  mac: { separator: '', upperCase: true, interfaceName: 'eth0' },
  httpPort: 8082,
  paths: {
    device: '/onvif/device_service',
    media: '/onvif/media_service',
    events: '/onvif/event_service',
    snapshot: '/jpeg?id={channel}',
    stream: '/stream{channel}',
  },
  tokens: {
    profile: 'profile_{channel}_h264',
    source: 'vs_{channel}',
    config: 'vsc_{channel}',
    encoder: 'vec_{channel}',
  },
  sub: { stream: '/stream{channel}/sub', profile: 'profile_{channel}_sub', encoder: 'vec_sub_{channel}' },
  auth: ['username-token', 'digest-md5'],
  realm: 'Pelco',
  subscription: { by: 'path', path: '/onvif/event_service/subscription/{n}' },
  pullPointsMax: 25,
  events: [CELL_MOTION, MOTION_ALARM],
  systemLog: 'mtom',
  eventTimeDigits: 6,
}
