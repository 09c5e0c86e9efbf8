import { amcrest } from './amcrest.ts'
import { nvr } from './nvr.ts'
import type { Profile } from './profile.ts'

/** A recorder of sixteen channels in Dahua's manner, whose log lies at an address that GetSystemUris gives. */
export const nvr16: Profile = {
  ...amcrest,
  name: 'nvr16',
  title: 'Sixteen-channel recorder (Dahua style)',
  manufacturer: 'Dahua',
  model: 'DHI-NVR5216-EI',
  firmware: '4.003.0000000.1.R, Build Date 2023-12-07',
  serial: '9H0@@@@@@@@@@@@',
  hostname: 'NVR5216',
  channels: 16,
  httpPort: 8084,
  services: {
    media2: '/onvif/media2_service',
    imaging: '/onvif/imaging_service',
    deviceIo: '/onvif/deviceIO_service',
    recording: '/onvif/recording_service',
    search: '/onvif/search_service',
    replay: '/onvif/replay_service',
  },
  tokens: {
    profile: 'MediaProfile000{channel}',
    source: '000{channel}',
    config: '000{channel}',
    encoder: '000{channel}',
  },
  sub: {
    stream: '/cam/realmonitor?channel={channel}&subtype=1&unicast=true&proto=Onvif',
    profile: 'MediaProfile100{channel}',
    encoder: '100{channel}',
  },
  audio: undefined,
  realm: 'Login to NVR5216',
  digitalInputs: 16,
  systemLog: 'uri',
  relayOutputs: 4,
  rebootMs: 8000,
}

/** The largest recorder: 32 channels in Hikvision's manner. */
export const nvr32: Profile = {
  ...nvr,
  name: 'nvr32',
  title: 'Thirty-two-channel recorder (Hikvision style)',
  model: 'DS-9632NXI-I8',
  firmware: 'V5.02.005_231115',
  serial: 'DS-9632NXI-I83220231115CCRRAF#######WCVU',
  channels: 32,
  httpPort: 8085,
  pullPointsMax: 8,
  digitalInputs: 16,
  relayOutputs: 4,
  rebootMs: 8000,
}
