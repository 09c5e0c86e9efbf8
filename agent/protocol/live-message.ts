import { LenscapError } from '../base/errors.ts'

/*
 * A live view's binary messages (docs/live.md). In the clear stand their version, type, number and length; the rest is
 * encrypted, but for a head, which is made to be read by anybody.
 */

const VERSION = 1
export const LIVE_HEADER_BYTES = 10

/** `head` begins a part, `init` and `key` make it readable from there on, `end` says that nothing of it is missing. */
const LIVE_TYPES = ['head', 'init', 'key', 'delta', 'end'] as const
export type LiveType = (typeof LIVE_TYPES)[number]

export interface LiveHeader {
  readonly type: LiveType
  /** Within its part; a head has 0, as has the first message after it. */
  readonly number: number
  /** Of the plain bytes. */
  readonly bytes: number
}

/** A fragment of one picture and its boxes: the largest picture that a box takes is 4 MB. */
const LIVE_PLAIN_BYTES_MAX = 4 * 1024 * 1024 + 65_536
/** Header and tag besides. */
export const LIVE_MESSAGE_BYTES_MAX = LIVE_PLAIN_BYTES_MAX + LIVE_HEADER_BYTES + 16

export function liveHeader({ type, number, bytes }: LiveHeader): Buffer {
  const header = Buffer.alloc(LIVE_HEADER_BYTES)
  header.writeUInt8(VERSION, 0)
  header.writeUInt8(LIVE_TYPES.indexOf(type), 1)
  header.writeUInt32BE(number, 2)
  header.writeUInt32BE(bytes, 6)
  return header
}

/** @throws LenscapError `invalid`, `unsupported` for a later version */
export function readLiveHeader(message: Buffer): LiveHeader {
  const type = LIVE_TYPES[message[1] ?? 255]
  if (message.length < LIVE_HEADER_BYTES || (message[0] === VERSION && type === undefined)) {
    throw new LenscapError('invalid', 'A message of a live view makes no sense', { bytes: message.length })
  }
  if (message[0] !== VERSION || type === undefined) {
    throw new LenscapError('unsupported', 'A live view of a newer release: update this program', {})
  }
  return { type, number: message.readUInt32BE(2), bytes: message.readUInt32BE(6) }
}
