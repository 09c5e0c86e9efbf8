import { LenscapError } from '../base/errors.ts'
import { printable } from './message.ts'
import type { VideoCodec } from './nal.ts'
import { type SoundTrack, soundTrackOf } from './sound-track.ts'

/** What a DESCRIBE says of the tracks that we play. Controls stand as the camera wrote them. */
export interface Description {
  /** `a=control` of the session. */
  readonly control: string | undefined
  readonly video: VideoTrack
  /** Undefined where there is none, or none that can be recorded. */
  readonly sound: SoundMedia | undefined
}

/** RFC 6184, 8.2.1; RFC 7798, 7.2.1. */
export interface VideoTrack {
  readonly codec: VideoCodec
  readonly payloadType: number
  readonly control: string | undefined
  /** NAL units of the `sprop` parameters, without start codes; may be empty. */
  readonly parameterSets: readonly Uint8Array[]
}

export interface SoundMedia {
  readonly payloadType: number
  readonly control: string | undefined
  readonly track: SoundTrack
}

interface MediaSection {
  readonly kind: string
  readonly payloadTypes: readonly number[]
  readonly attributes: readonly string[]
}

const SECTIONS_MAX = 32

const CODECS: Readonly<Record<string, VideoCodec>> = { 'h264/90000': 'h264', 'h265/90000': 'h265' }

/** Payload types that need no `a=rtpmap` (RFC 3551, 6). */
const STATIC: Readonly<Record<number, string>> = { 0: 'PCMU/8000', 8: 'PCMA/8000' }

/**
 * Finds the first H.264 or H.265 track, and the first of sound.
 * @throws LenscapError `unsupported` where the video is of another codec or packetisation, `invalid` without any video
 */
export function parseDescription(sdp: string): Description {
  const { session, sections } = splitSections(sdp)
  const videos = sections.filter(({ kind }) => kind === 'video')
  if (videos.length === 0) throw new LenscapError('invalid', 'The camera describes no video')
  const control = attribute(session, 'control')
  for (const section of videos) {
    const video = readVideo(section)
    if (video) return { control, video, sound: findSound(sections) }
  }
  const codecs = videos.flatMap((video) => video.payloadTypes.map((type) => rtpmap(video, type) ?? `type ${type}`))
  const codec = printable(codecs.join(', '))
  const advice = 'set this stream to H.264 or H.265 in the camera'
  throw new LenscapError('unsupported', `The camera's video is ${codec}: ${advice}`, { codec })
}

function readVideo(section: MediaSection): VideoTrack | undefined {
  for (const payloadType of section.payloadTypes) {
    const codec = CODECS[(rtpmap(section, payloadType) ?? '').toLowerCase().slice(0, 10)]
    if (codec === undefined) continue
    const format = formatParameters(section, payloadType)
    const isInterleaved = format.get('packetization-mode') === '2' || Number(format.get('sprop-max-don-diff') ?? 0) > 0
    if (isInterleaved) {
      const says = `The camera interleaves its ${codec === 'h264' ? 'H.264 (packetization-mode 2)' : 'H.265 (DONL)'}`
      throw new LenscapError('unsupported', `${says}, which is not played`)
    }
    const names = codec === 'h264' ? ['sprop-parameter-sets'] : ['sprop-vps', 'sprop-sps', 'sprop-pps']
    const parameterSets = names.flatMap((name) => readParameterSets(format.get(name) ?? ''))
    return { codec, payloadType, control: attribute(section.attributes, 'control'), parameterSets }
  }
  return undefined
}

function findSound(sections: readonly MediaSection[]): SoundMedia | undefined {
  for (const section of sections.filter(({ kind }) => kind === 'audio')) {
    for (const payloadType of section.payloadTypes) {
      const encoding = rtpmap(section, payloadType) ?? STATIC[payloadType] ?? ''
      const track = soundTrackOf(encoding, formatParameters(section, payloadType))
      if (track) return { payloadType, control: attribute(section.attributes, 'control'), track }
    }
  }
  return undefined
}

function splitSections(sdp: string): { session: readonly string[]; sections: readonly MediaSection[] } {
  const session: string[] = []
  const sections: (MediaSection & { attributes: string[] })[] = []
  for (const line of sdp.split(/\r\n|\n|\r/)) {
    if (line.startsWith('a=')) (sections.at(-1)?.attributes ?? session).push(line.slice(2).trim())
    if (!line.startsWith('m=') || sections.length >= SECTIONS_MAX) continue
    const [kind = '', , , ...types] = line.slice(2).trim().split(/\s+/)
    sections.push({ kind: kind.toLowerCase(), payloadTypes: types.map(Number), attributes: [] })
  }
  return { session, sections }
}

const attribute = (attributes: readonly string[], name: string): string | undefined =>
  attributes
    .find((text) => text.toLowerCase().startsWith(`${name}:`))
    ?.slice(name.length + 1)
    .trim()

const rtpmap = (section: MediaSection, type: number) => byType(section, 'rtpmap', type)

/** `a=rtpmap:96 H264/90000`: the value that stands behind the payload type. */
function byType(section: MediaSection, name: string, type: number): string | undefined {
  for (const text of section.attributes) {
    const match = /^([a-z]+):\s*(\d+)\s+(.*)$/i.exec(text)
    if (match?.[1]?.toLowerCase() === name && Number(match[2]) === type) return match[3]
  }
  return undefined
}

function formatParameters(section: MediaSection, type: number): ReadonlyMap<string, string> {
  const pairs = (byType(section, 'fmtp', type) ?? '').split(';').map((pair) => {
    const equals = pair.indexOf('=')
    const name = equals < 0 ? pair : pair.slice(0, equals)
    return [name.trim().toLowerCase(), equals < 0 ? '' : pair.slice(equals + 1).trim()] as const
  })
  return new Map(pairs)
}

const readParameterSets = (text: string): Uint8Array[] =>
  text
    .split(',')
    .slice(0, 16)
    .map((base64) => new Uint8Array(Buffer.from(base64, 'base64')))
    .filter((nal) => nal.length > 1)
