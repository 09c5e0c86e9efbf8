import { CELL_MOTION, type Profile, USUAL } from './profile.ts'

/** A pan-tilt camera whose system log comes as a gzipped attachment. */
export const sunba: Profile = {
  ...USUAL,
  name: 'sunba',
  title: 'SUNBA PTZ camera',
  manufacturer: 'SUNBA',
  model: '405-D20X',
  firmware: '3.2.1.8',
  serial: 'SB@@@@@@@@',
  hardwareId: '405',
  hostname: 'IPCAM',
  mac: { separator: ':', upperCase: true, interfaceName: 'eth0' },
  httpPort: 8083,
  paths: {
    device: '/onvif/device_service',
    media: '/onvif/media_service',
    events: '/onvif/event_service',
    snapshot: '/snapshot.jpg?channel={channel}',
    stream: '/ch{channel}/main',
  },
  services: { imaging: '/onvif/imaging_service', ptz: '/onvif/ptz_service' },
  tokens: { profile: 'PROFILE_{channel}', source: 'VS_{channel}', config: 'VSC_{channel}', encoder: 'VEC_{channel}' },
  sub: { stream: '/ch{channel}/sub', profile: 'PROFILE_SUB_{channel}', encoder: 'VEC_SUB_{channel}' },
  auth: ['username-token', 'digest-md5'],
  realm: 'IPCAM',
  subscription: { by: 'path', path: '/onvif/event_service/{n}' },
  pullPointsMax: 5,
  events: [CELL_MOTION],
  systemLog: 'xop',
}
