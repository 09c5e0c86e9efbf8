import { CELL_MOTION, type EventShape, type Profile, USUAL } from './profile.ts'

function myRule(kind: EventShape['kind'], detector: string): EventShape {
  return {
    kind,
    topic: `tns1:RuleEngine/MyRuleDetector/${detector}`,
    source: [['Source', '{source}']],
    data: { name: 'State', on: 'true', off: 'false' },
  }
}

/** Leaves a prefix undeclared in GetServices, so that a strict parser fails, and has a serial made of digits alone. */
export const reolink: Profile = {
  ...USUAL,
  name: 'reolink',
  title: 'Reolink camera',
  manufacturer: 'Reolink',
  model: 'RLC-850X',
  firmware: 'v3.1.0.2368_23062507',
  serial: '192#################',
  hardwareId: 'IPC_523B188MP',
  hostname: 'Reolink-@@@@@@',
  mac: { separator: ':', upperCase: true, interfaceName: 'eth0' },
  httpPort: 8000,
  paths: {
    device: '/onvif/device_service',
    media: '/onvif/media_service',
    events: '/onvif/event_service',
    snapshot: '/cgi-bin/api.cgi?cmd=onvifSnapPic&channel={channel}',
    stream: '/h264Preview_0{channel}_main',
  },
  relayOutputs: 0,
  tokens: { profile: '00{channel}', source: '000', config: '000', encoder: '000' },
  sub: { stream: '/h264Preview_0{channel}_sub', profile: '10{channel}', encoder: '001' },
  audio: 'aac',
  auth: ['username-token', 'digest-md5'],
  realm: 'BC Streaming Media',
  lockout: { attempts: 5, durationMs: 5 * 60_000 },
  subscription: { by: 'path', path: '/onvif/PullSubManager?Idx={n}' },
  pullPointsMax: 6,
  events: [
    { ...CELL_MOTION, source: [['VideoSourceConfigurationToken', '{config}'], ...CELL_MOTION.source.slice(1)] },
    myRule('person', 'PeopleDetect'),
    myRule('vehicle', 'VehicleDetect'),
  ],
  faults: ['services-undeclared-prefix'],
}
