import type { Codec, NalUnit } from './codec.ts'

/** What a picture says of itself, so that anyone can prove that none is missing, and by how much it came late. */
export interface Mark {
  /** Counted from the epoch: one more for each picture, never back to 0 where a scene begins anew. */
  readonly frame: number
  /** UTC ms of the picture by the camera's own clock, which may be wrong. */
  readonly clockMs: number
}

/** Tells our marks from other user data: 7c1d6a52-9e3b-4f80-b6d4-2a5f3c8e91d7. Holds no zero byte, so nothing is escaped. */
const MARK_UUID = Buffer.from('7c1d6a529e3b4f80b6d42a5f3c8e91d7', 'hex')

const SEI_H264 = Buffer.from([0x06])
/** PREFIX_SEI_NUT 39 in layer 0, temporal id 1. */
const SEI_H265 = Buffer.from([0x4e, 0x01])
const USER_DATA_UNREGISTERED = 5
const RBSP_STOP = 0x80

const JPEG_START_BYTES = 2
const JPEG_COMMENT = 0xfffe

/**
 * The mark as an SEI message, user_data_unregistered: the UUID, then text like
 * `frame=26011223344 clock=2024-05-01T12:00:00.067Z` (H.264 and H.265, D.1 and 7.3.2.3).
 */
export function seiOf(mark: Mark, codec: Codec): NalUnit {
  const text = textOf(mark)
  const header = codec === 'h264' ? SEI_H264 : SEI_H265
  const size = Buffer.from([USER_DATA_UNREGISTERED, MARK_UUID.length + text.length])
  return Buffer.concat([header, size, MARK_UUID, Buffer.from(text, 'latin1'), Buffer.from([RBSP_STOP])])
}

/** The mark in an SEI NAL unit of ours, H.264 or H.265; undefined for any other unit. */
export function markIn(nalUnit: Buffer): Mark | undefined {
  const at = nalUnit.indexOf(MARK_UUID)
  const headerBytes = nalUnit[0] === SEI_H264[0] ? SEI_H264.length : SEI_H265.length
  if (at !== headerBytes + 2 || nalUnit[headerBytes] !== USER_DATA_UNREGISTERED) return undefined
  const size = nalUnit[headerBytes + 1] ?? 0
  return parse(nalUnit.toString('latin1', at + MARK_UUID.length, at + size))
}

/** The same picture with the mark's text as its comment (T.81 B.2.4.5). */
export function markJpeg(jpeg: Buffer, mark: Mark): Buffer {
  const text = textOf(mark)
  const comment = Buffer.alloc(4 + text.length)
  comment.writeUInt16BE(JPEG_COMMENT)
  comment.writeUInt16BE(2 + text.length, 2)
  comment.write(text, 4, 'latin1')
  return Buffer.concat([jpeg.subarray(0, JPEG_START_BYTES), comment, jpeg.subarray(JPEG_START_BYTES)])
}

/** The mark in a JPEG of ours. */
export function markInJpeg(jpeg: Buffer): Mark | undefined {
  if (jpeg.length < 6 || jpeg.readUInt16BE(JPEG_START_BYTES) !== JPEG_COMMENT) return undefined
  return parse(jpeg.toString('latin1', 6, 4 + jpeg.readUInt16BE(4)))
}

function textOf({ frame, clockMs }: Mark): string {
  return `frame=${frame} clock=${new Date(clockMs).toISOString()}`
}

function parse(text: string): Mark | undefined {
  const [, frame, clock] = /^frame=(\d{1,15}) clock=(\S{24})$/.exec(text) ?? []
  const clockMs = Date.parse(clock ?? '')
  return frame === undefined || Number.isNaN(clockMs) ? undefined : { frame: Number(frame), clockMs }
}
