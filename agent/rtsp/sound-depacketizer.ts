import type { RtpPacket } from './rtp.ts'
import type { AacTrack, SoundTrack } from './sound-track.ts'

const UNITS_MAX = 64
const UNIT_BYTES_MAX = 8192

/** A piece of sound and when it is heard, by its RTP clock. */
interface SoundPiece {
  /** Belongs to whoever gets it. */
  readonly data: Uint8Array
  readonly samples: number
  readonly timestamp: number
}

/** Takes sound out of RTP packets. A packet that makes no sense gives nothing: silence, not an end. */
export type SoundDepacketizer = (packet: RtpPacket) => readonly SoundPiece[]

export const soundDepacketizer = (track: SoundTrack): SoundDepacketizer =>
  track.codec === 'aac' ? aacDepacketizer(track) : g711

/** RFC 3551, 4.5.14: a byte a sample. */
const g711: SoundDepacketizer = ({ payload, timestamp }) =>
  payload.length === 0 || payload.length > UNIT_BYTES_MAX
    ? []
    : [{ data: Uint8Array.from(payload), samples: payload.length, timestamp }]

interface AuHeaders {
  readonly sizes: readonly number[]
  /** Where the access units begin. */
  readonly dataAt: number
}

/** RFC 3640, 3.2: access units behind their headers, not interleaved; one larger than a packet comes in fragments. */
function aacDepacketizer(track: AacTrack): SoundDepacketizer {
  let fragment: { readonly timestamp: number; readonly bytes: number; readonly parts: Uint8Array[] } | undefined
  return ({ payload, timestamp, marker }) => {
    const headers = readAuHeaders(payload, track)
    if (headers === undefined) {
      fragment = undefined
      return []
    }
    const { sizes, dataAt } = headers
    const data = payload.subarray(dataAt)
    const [first = 0] = sizes
    if (sizes.length === 1 && first > data.length) {
      // Each fragment repeats the whole unit's size (RFC 3640, 3.2.3).
      if (fragment?.timestamp !== timestamp || fragment.bytes !== first) {
        fragment = { timestamp, bytes: first, parts: [] }
      }
      fragment.parts.push(Uint8Array.from(data))
      const held = fragment.parts.reduce((sum, part) => sum + part.length, 0)
      if (held < first && !marker) return []
      const whole = Buffer.concat(fragment.parts)
      fragment = undefined
      return held === first ? [{ data: whole, samples: track.samplesPerUnit, timestamp }] : []
    }
    fragment = undefined
    return cut(data, sizes, timestamp, track.samplesPerUnit)
  }
}

function cut(data: Uint8Array, sizes: readonly number[], timestamp: number, samples: number): SoundPiece[] {
  const pieces: SoundPiece[] = []
  let at = 0
  for (const [i, size] of sizes.entries()) {
    if (size === 0 || at + size > data.length) break
    const time = (timestamp + i * samples) >>> 0
    pieces.push({ data: Uint8Array.from(data.subarray(at, at + size)), samples, timestamp: time })
    at += size
  }
  return pieces
}

/** AU-headers-length in bits, then for each unit its size and an index, which is 0 where nothing is interleaved. */
function readAuHeaders(payload: Uint8Array, track: AacTrack): AuHeaders | undefined {
  const { sizeBits, indexBits, indexDeltaBits } = track
  const bits = ((payload[0] ?? 0) << 8) | (payload[1] ?? 0)
  const dataAt = 2 + Math.ceil(bits / 8)
  if (bits === 0 || dataAt > payload.length) return undefined
  const sizes: number[] = []
  let at = 16
  const end = 16 + bits
  while (at + sizeBits + (sizes.length === 0 ? indexBits : indexDeltaBits) <= end && sizes.length < UNITS_MAX) {
    const size = readBits(payload, at, sizeBits)
    const index = sizes.length === 0 ? indexBits : indexDeltaBits
    if (size > UNIT_BYTES_MAX || readBits(payload, at + sizeBits, index) !== 0) return undefined
    sizes.push(size)
    at += sizeBits + index
  }
  return sizes.length === 0 ? undefined : { sizes, dataAt }
}

function readBits(bytes: Uint8Array, from: number, count: number): number {
  let value = 0
  for (let at = from; at < from + count; at++) value = value * 2 + (((bytes[at >> 3] ?? 0) >> (7 - (at & 7))) & 1)
  return value
}
