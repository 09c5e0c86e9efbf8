import type { Codec } from '../../simulator/imaging/codec.ts'

export type Player = 'ffprobe' | 'gstreamer'
export type Transport = 'tcp' | 'udp'
/** As the simulator's profiles name them; AAC is at 16 kHz, G.711 at 8 kHz, both mono. */
export type SoundCodec = 'aac' | 'pcmu'
export const SOUND_HZ: Readonly<Record<SoundCodec, number>> = { aac: 16_000, pcmu: 8000 }

export const PLAYERS: readonly Player[] = ['ffprobe', 'gstreamer']
export const TRANSPORTS: readonly Transport[] = ['tcp', 'udp']

/** One stream that a camera announces by ONVIF. */
export interface AnnouncedStream {
  /** The camera's id, like `vigi-7`. */
  readonly camera: string
  /** Its media profile's token. */
  readonly profile: string
  /** Without user and password. */
  readonly uri: string
  readonly codec: Codec
  readonly width: number
  readonly height: number
  readonly framesPerSecond: number
  readonly sound: SoundCodec | undefined
}

/** What one player is to play. */
export interface Order {
  readonly stream: AnnouncedStream
  readonly transport: Transport
  readonly seconds: number
  readonly user: string
  readonly password: string
  /** The first of a hundred UDP ports that no other player uses meanwhile. */
  readonly portMin: number
}

/** What a player got, by its own account. */
export interface Playback {
  /** The video as it came, not decoded: an Annex B byte stream. */
  readonly video: Buffer
  /** Pictures that it decoded. */
  readonly decoded: number
  /** Of the sound that it decoded. */
  readonly soundSeconds: number
  /** Each error and warning that it printed, a line each, and how it failed, if it did. */
  readonly complaints: readonly string[]
}

/** A player is given this much longer than it has to play. */
const PLAYER_GRACE_MS = 30_000

export function deadlineOf({ seconds }: Order): number {
  return seconds * 1000 + PLAYER_GRACE_MS
}
