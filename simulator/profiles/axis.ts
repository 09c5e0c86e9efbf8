import { type EventShape, type Profile, USUAL } from './profile.ts'

function application(kind: EventShape['kind'], topic: string): EventShape {
  return {
    kind,
    topic: `tnsaxis:CameraApplicationPlatform/${topic}`,
    source: [],
    data: { name: 'active', on: '1', off: '0' },
  }
}

const MONTH_MS = 30 * 24 * 3_600_000

/** Takes HTTP Digest alone, wants the SubscriptionId echoed and subscriptions renewed, and has topics of its own. */
export const axis: Profile = {
  ...USUAL,
  name: 'axis',
  title: 'Axis camera (HTTP Digest only)',
  manufacturer: 'AXIS',
  model: 'P3289-LVE',
  firmware: '11.5.64',
  serial: '{mac}',
  hardwareId: '9C8.1',
  hostname: 'axis-{mac}',
  mac: { separator: ':', upperCase: true, interfaceName: 'eth0' },
  paths: {
    device: '/onvif/device_service',
    media: '/onvif/services',
    events: '/onvif/services',
    snapshot: '/onvif-cgi/jpg/image.cgi?resolution=1280x720&compression=30&camera={channel}',
    stream: '/onvif-media/media.amp?profile=profile_{channel}_h264&sessiontimeout=60&streamtype=unicast',
  },
  services: { media2: '/onvif/services', imaging: '/onvif/services', deviceIo: '/onvif/services' },
  digitalInputs: 1,
  tokens: {
    profile: 'profile_{channel}_h264',
    source: '0',
    config: '0',
    encoder: 'default_{channel}_h264',
  },
  sub: {
    stream: '/onvif-media/media.amp?profile=profile_{channel}_sub&sessiontimeout=60&streamtype=unicast',
    profile: 'profile_{channel}_sub',
    encoder: 'sub_{channel}_h264',
  },
  auth: ['digest-md5', 'digest-sha256'],
  realm: 'AXIS_{mac}',
  refusal: { status: 401, body: 'soap' },
  subscription: { by: 'parameter', path: '/onvif/services' },
  terminationDefaultMs: MONTH_MS,
  pullExtends: false,
  announcesPullPoint: false,
  topicNamespaces: { tnsaxis: 'http://www.axis.com/2009/event/topics' },
  events: [
    application('motion', 'VMD/Camera1ProfileANY'),
    application('person', 'ObjectAnalytics/Device1Scenario1'),
    application('vehicle', 'ObjectAnalytics/Device1Scenario2'),
  ],
}
