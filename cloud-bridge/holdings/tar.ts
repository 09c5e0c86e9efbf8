import { LenscapError } from '../../agent/base/errors.ts'

const BLOCK = 512
const NAME_BYTES_MAX = 100
const PREFIX_BYTES_MAX = 155
// Eleven octal digits.
const FILE_BYTES_MAX = 8 ** 11 - 1

/** Two empty blocks end an archive. */
export const TAR_END = Buffer.alloc(2 * BLOCK)

/** What fills a file's last block. */
export const tarPadding = (bytes: number): Buffer => Buffer.alloc((BLOCK - (bytes % BLOCK)) % BLOCK)

/**
 * The header of one file (POSIX.1-1988, ustar interchange format): readable by its owner alone when unpacked.
 * @param name ASCII; where it is longer than 100 bytes, it is cut at a slash into prefix and name
 * @throws LenscapError `limit` for a name or a size that the format has no room for
 */
export function tarHeader(name: string, bytes: number, modifiedMs: number): Buffer {
  const [prefix, rest] = split(name)
  if (bytes > FILE_BYTES_MAX)
    throw new LenscapError('limit', 'A tar archive has no room for so large a file', { bytes })
  const header = Buffer.alloc(BLOCK)
  const octal = (value: number, length: number) => `${Math.floor(value).toString(8).padStart(length, '0')}\0`
  header.write(rest, 0)
  header.write(octal(0o600, 7), 100)
  header.write(octal(0, 7), 108)
  header.write(octal(0, 7), 116)
  header.write(octal(bytes, 11), 124)
  header.write(octal(Math.max(0, modifiedMs / 1000), 11), 136)
  // The checksum counts its own field as spaces.
  header.write(' '.repeat(8), 148)
  header.write('0', 156)
  header.write('ustar\u000000', 257)
  header.write(prefix, 345)
  const sum = header.reduce((total, byte) => total + byte, 0)
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  return header
}

function split(name: string): [prefix: string, rest: string] {
  if (name.length <= NAME_BYTES_MAX) return ['', name]
  const at = name.indexOf('/', name.length - NAME_BYTES_MAX - 1)
  if (at < 0 || at > PREFIX_BYTES_MAX) throw new LenscapError('limit', 'A tar archive has no room for so long a name')
  return [name.slice(0, at), name.slice(at + 1)]
}
