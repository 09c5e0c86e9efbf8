import type { Profile } from './profile.ts'
import { tapo } from './tapo.ts'

/** Its main stream is H.265, which the media service's version 1 has no word for: only the sub-stream is plain H.264 there. */
export const vigi: Profile = {
  ...tapo,
  name: 'vigi',
  title: 'TP-Link VIGI camera (H.265 main stream)',
  model: 'VIGI C340X',
  firmware: '1.1.0 Build 230418 Rel.59421n',
  hardwareId: '1.0',
  hostname: 'C340X',
  mac: { separator: '-', upperCase: true, interfaceName: 'eth0' },
  services: { ...tapo.services, media2: '/onvif/service' },
  mainCodec: 'h265',
}
