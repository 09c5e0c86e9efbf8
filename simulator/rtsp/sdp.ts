import type { Scene } from '../imaging/scene.ts'
import { CLOCK_HZ, PAYLOAD_TYPE } from './sender.ts'

/** The session description of one H.264 video source (RFC 8866, and RFC 6184, 8.2.1). */
export function describeSession(scene: Scene, address: string, sessionId: number): string {
  const sets = [scene.sps, scene.pps].map((set) => set.toString('base64')).join(',')
  return [
    'v=0',
    `o=- ${sessionId} 1 IN IP4 ${address}`,
    's=Media Presentation',
    'c=IN IP4 0.0.0.0',
    't=0 0',
    'a=control:*',
    'a=range:npt=0-',
    `m=video 0 RTP/AVP ${PAYLOAD_TYPE}`,
    `a=rtpmap:${PAYLOAD_TYPE} H264/${CLOCK_HZ}`,
    `a=fmtp:${PAYLOAD_TYPE} packetization-mode=1;profile-level-id=${scene.sps.toString('hex', 1, 4)};sprop-parameter-sets=${sets}`,
    `a=framerate:${scene.framesPerSecond}`,
    'a=control:trackID=1',
    '',
  ].join('\r\n')
}
