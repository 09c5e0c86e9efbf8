import { CELL_MOTION, MOTION_ALARM, type Profile, USUAL } from './profile.ts'

/** A Dahua camera under Amcrest's name: one address for all pull points, each motion said twice. */
export const amcrest: Profile = {
  ...USUAL,
  name: 'amcrest',
  title: 'Amcrest (Dahua behaviour)',
  manufacturer: 'Amcrest',
  model: 'IP8M-2699EW-AI',
  firmware: '2.840.00AC000.7.R, Build Date 2023-08-11',
  serial: 'AMC0@@@@@@@@@@@@',
  hardwareId: '1.00',
  hostname: 'AMC0@@@@@@',
  mac: { separator: ':', upperCase: false, interfaceName: 'eth0' },
  paths: {
    device: '/onvif/device_service',
    media: '/onvif/media_service',
    events: '/onvif/event_service',
    snapshot: '/onvifsnapshot/media_service/snapshot?channel={channel}&subtype=0',
    stream: '/cam/realmonitor?channel={channel}&subtype=0&unicast=true&proto=Onvif',
  },
  tokens: {
    profile: 'MediaProfile0000{channel}',
    source: '0000{channel}',
    config: '0000{channel}',
    encoder: '0000{channel}',
  },
  sub: {
    stream: '/cam/realmonitor?channel={channel}&subtype=1&unicast=true&proto=Onvif',
    profile: 'MediaProfile1000{channel}',
    encoder: '1000{channel}',
  },
  services: { ...USUAL.services, deviceIo: '/onvif/deviceIO_service' },
  digitalInputs: 1,
  audio: 'aac',
  auth: ['username-token', 'digest-md5'],
  realm: 'Login to AMC0',
  lockout: { attempts: 5, durationMs: 30 * 60_000 },
  subscription: { by: 'shared', path: '/onvif/Events/pullSubmanager' },
  slotsFullSubcode: 'ter:BlockedThreadUpperLimit',
  events: [
    CELL_MOTION,
    MOTION_ALARM,
    {
      kind: 'person',
      topic: 'tns1:UserAlarm/IVA/HumanShapeDetect',
      source: [['VideoSourceConfigurationToken', '{config}']],
      data: { name: 'State', on: 'true', off: 'false' },
    },
  ],
}
