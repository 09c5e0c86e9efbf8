import { LenscapError } from '../base/errors.ts'
import { printable } from './message.ts'

/** What a DESCRIBE says of the one track that we play (RFC 4566, RFC 6184 section 8). */
export interface VideoTrack {
  readonly payloadType: number
  /** `a=control` of the session and of the track, as the camera wrote them. */
  readonly sessionControl: string | undefined
  readonly control: string | undefined
  /** NAL units of `sprop-parameter-sets`, without start codes; may be empty. */
  readonly parameterSets: readonly Uint8Array[]
}

interface MediaSection {
  readonly kind: string
  readonly payloadTypes: readonly number[]
  readonly attributes: readonly string[]
}

const SECTIONS_MAX = 32

/**
 * Finds the first H.264 video track.
 * @throws LenscapError `unsupported` where the video is of another codec or packetisation, `invalid` without any video
 */
export function parseVideoTrack(sdp: string): VideoTrack {
  const { session, sections } = splitSections(sdp)
  const videos = sections.filter(({ kind }) => kind === 'video')
  if (videos.length === 0) throw new LenscapError('invalid', 'The camera describes no video')
  for (const video of videos) {
    const payloadType = video.payloadTypes.find((type) => /^h264\/90000/i.test(rtpmap(video, type) ?? ''))
    if (payloadType === undefined) continue
    const format = formatParameters(video, payloadType)
    if (format.get('packetization-mode') === '2') {
      throw new LenscapError('unsupported', 'The camera interleaves H.264 (packetization-mode 2), which is not played')
    }
    return {
      payloadType,
      sessionControl: attribute(session, 'control'),
      control: attribute(video.attributes, 'control'),
      parameterSets: readParameterSets(format.get('sprop-parameter-sets') ?? ''),
    }
  }
  const codecs = videos.flatMap((video) => video.payloadTypes.map((type) => rtpmap(video, type) ?? `type ${type}`))
  const codec = printable(codecs.join(', '))
  throw new LenscapError('unsupported', `The camera's video is ${codec}: set this stream to H.264 in the camera`, {
    codec,
  })
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
