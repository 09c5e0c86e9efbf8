/*
 * What is read of a live view's messages (docs/live.md) and of the fragmented MP4 in them, as our agent writes it.
 */

export const HEADER_BYTES = 10
const TYPES = ['head', 'init', 'key', 'delta'] as const

export type Message = {
  readonly type: (typeof TYPES)[number]
  /** Without the header. */
  readonly body: Uint8Array<ArrayBuffer>
}

/** Undefined for what a newer bridge may send. */
export function readMessage(data: ArrayBuffer): Message | undefined {
  const bytes = new Uint8Array(data)
  const type = TYPES[bytes[1] ?? 255]
  if (bytes.length < HEADER_BYTES || bytes[0] !== 1 || type === undefined) return undefined
  return { type, body: bytes.subarray(HEADER_BYTES) }
}

/** What `addSourceBuffer` is to be told of an initialisation segment. Undefined for pictures that are not H.264. */
export function mimeOf(init: Uint8Array): string | undefined {
  const avcC = find(init, 'avcC')
  if (avcC < 0) return undefined
  const profile = [...init.subarray(avcC + 5, avcC + 8)].map((byte) => byte.toString(16).padStart(2, '0')).join('')
  const sound = find(init, 'fLaC') >= 0 ? ',flac' : find(init, 'mp4a') >= 0 ? ',mp4a.40.2' : ''
  return `video/mp4; codecs="avc1.${profile}${sound}"`
}

const TICKS_PER_SECOND = 90_000

/** When a fragment's picture is shown, in seconds: its track comes first, with one sample. */
export function timeOf(fragment: Uint8Array): number | undefined {
  const [tfdt, trun] = [find(fragment, 'tfdt'), find(fragment, 'trun')]
  if (tfdt < 0 || trun < 0) return undefined
  const view = new DataView(fragment.buffer, fragment.byteOffset, fragment.byteLength)
  const decodeTicks = Number(view.getBigUint64(tfdt + 8))
  // Type, flags, count, data offset; then duration, size and flags of the sample.
  const offset = view.getInt32(trun + 4 + 4 + 4 + 4 + 12)
  return (decodeTicks + offset) / TICKS_PER_SECOND
}

/** Where a box's type stands; ours come in the first kilobyte. */
function find(bytes: Uint8Array, type: string): number {
  const codes = [...type].map((character) => character.charCodeAt(0))
  const end = Math.min(bytes.length, 2048) - codes.length
  for (let at = 0; at <= end; at += 1) if (codes.every((code, i) => bytes[at + i] === code)) return at
  return -1
}
