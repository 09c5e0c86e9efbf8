import { CELL_MOTION, type EventShape, type Profile, USUAL } from './profile.ts'

function detector(kind: EventShape['kind'], topic: string, item: string): EventShape {
  return { ...CELL_MOTION, kind, topic: `tns1:RuleEngine/${topic}`, data: { name: item, on: 'true', off: 'false' } }
}

/** One path for all services, pull points on a port of their own, and a firmware version that looks like a number. */
export const tapo: Profile = {
  ...USUAL,
  name: 'tapo',
  title: 'TP-Link Tapo camera',
  manufacturer: 'tp-link',
  model: 'Tapo C328WS',
  firmware: '2.10',
  serial: '@@@@@@@@',
  hardwareId: '2.0',
  hostname: 'C328WS',
  mac: { separator: '-', upperCase: true, interfaceName: 'wlan0' },
  httpPort: 2020,
  paths: {
    device: '/onvif/device_service',
    media: '/onvif/service',
    events: '/onvif/service',
    snapshot: '/onvif/snapshot?channel={channel}',
    stream: '/stream{channel}',
  },
  services: { imaging: '/onvif/service' },
  relayOutputs: 0,
  tokens: { profile: 'profile_{channel}', source: 'raw_vs{channel}', config: 'vsconf', encoder: 'main' },
  sub: { stream: '/stream2', profile: 'profile_2', encoder: 'minor' },
  audio: 'pcmu',
  auth: ['username-token', 'digest-md5'],
  realm: 'TP-Link IP-Camera',
  subscription: { by: 'path', path: '/event-{n}_{n}', portIfSeparate: 1024 },
  pullPointsMax: 3,
  pullCutMs: 10_000,
  events: [
    detector('motion', 'CellMotionDetector/Motion', 'IsMotion'),
    detector('person', 'PeopleDetector/People', 'IsPeople'),
    detector('vehicle', 'TPSmartEventDetector/TPSmartEvent', 'IsVehicle'),
  ],
  systemLog: 'unavailable',
  lacks: [
    'GetOSDs',
    'GetMasks',
    'CreateUsers',
    'DeleteUsers',
    'SetUser',
    'SetNetworkInterfaces',
    'SetNetworkProtocols',
  ],
}
