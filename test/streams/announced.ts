import { Cam, type CamProfile } from 'onvif'
import type { AnnouncedStream, SoundCodec } from './playback.ts'

/** A camera of the fleet, as the simulator's `run --json` tells it. */
export interface FleetCamera {
  readonly id: string
  readonly profile: string
  readonly address: string
  readonly httpPort: number
}

const TIMEOUT_MS = 10_000

/** In version 2 of the media service and in version 1. */
const SOUND_NAMES: Readonly<Record<string, SoundCodec>> = { 'MP4A-LATM': 'aac', AAC: 'aac', PCMU: 'pcmu', G711: 'pcmu' }

/** All streams that a camera announces to an ONVIF client that is not ours. Throws Error where it can't be read. */
export async function announcedBy(camera: FleetCamera, user: string, password: string): Promise<AnnouncedStream[]> {
  const cam = await connect(camera, user, password)
  const streams: AnnouncedStream[] = []
  for (const profile of cam.profiles ?? []) streams.push(await describe(camera, cam, profile))
  if (streams.length === 0) throw new Error(`${camera.id} announces no stream`)
  return streams
}

function connect({ address, httpPort }: FleetCamera, username: string, password: string): Promise<Cam> {
  return new Promise((resolve, reject) => {
    const options = { hostname: address, port: httpPort, username, password, timeout: TIMEOUT_MS }
    const cam: Cam = new Cam(options, (error: Error | null) => (error ? reject(error) : resolve(cam)))
  })
}

async function describe(camera: FleetCamera, cam: Cam, profile: CamProfile): Promise<AnnouncedStream> {
  const token = String(profile['$'].token)
  const uri = await new Promise<string>((resolve, reject) => {
    cam.getStreamUri({ protocol: 'RTSP', profileToken: token }, (error, found) =>
      found ? resolve(found.uri) : reject(error ?? new Error(`${camera.id} has no URI for ${token}`)),
    )
  })
  const encoder = profile.videoEncoderConfiguration
  return {
    camera: camera.id,
    profile: token,
    uri,
    codec: encoder.encoding === 'H265' ? 'h265' : 'h264',
    width: encoder.resolution.width,
    height: encoder.resolution.height,
    framesPerSecond: encoder.rateControl.frameRateLimit,
    sound: profile['audioEncoderConfiguration'] && SOUND_NAMES[profile['audioEncoderConfiguration'].encoding],
  }
}
