import { FIELD_DETECTOR, hikvision } from './hikvision.ts'
import { CELL_MOTION, MOTION_ALARM, type Profile } from './profile.ts'

/** A recorder with four cameras behind it: one device to discovery, four video sources to media and events. */
export const nvr: Profile = {
  ...hikvision,
  name: 'nvr',
  title: 'Four-channel recorder (Hikvision style)',
  manufacturer: 'HIKVISION',
  model: 'DS-7604NX-K9/4P',
  firmware: 'V4.62.210_230607',
  serial: 'DS-7604NX-K9/4P04202306##CCRRAE#######WCVU',
  hostname: 'Network Video Recorder',
  mac: { separator: ':', upperCase: true, interfaceName: 'eth0' },
  channels: 4,
  services: {
    media2: '/onvif/Media2',
    imaging: '/onvif/Imaging',
    deviceIo: '/onvif/DeviceIO',
    recording: '/onvif/Recording',
    search: '/onvif/SearchRecording',
    replay: '/onvif/Replay',
  },
  tokens: {
    profile: 'ProfileToken00{channel}',
    source: 'VideoSourceToken00{channel}',
    config: 'VideoSourceConfigToken00{channel}',
    encoder: 'VideoEncodeConfigToken00{channel}',
  },
  sub: {
    stream: '/Streaming/Channels/{channel}02?transportmode=unicast&profile=ProfileToken10{channel}',
    profile: 'ProfileToken10{channel}',
    encoder: 'VideoEncodeConfigToken10{channel}',
  },
  audio: undefined,
  realm: 'Embedded Net DVR',
  refusal: { status: 401, body: 'soap' },
  preAuth: true,
  pullPointsMax: 4,
  events: [CELL_MOTION, MOTION_ALARM, FIELD_DETECTOR],
  timeZone: { posix: 'CST-1:00:00', offsetMinutes: 60 },
  digitalInputs: 4,
  systemLog: 'text',
}
