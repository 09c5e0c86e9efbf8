import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { LenscapError } from '../base/errors.ts'

/** What an archive may unfold to: a few kilobytes can become gigabytes. */
const UNPACKED_BYTES_MAX = 8 * 1_048_576

/** The end of a log is what is new of it. */
const TEXT_BYTES_MAX = 2 * 1_048_576
const LINES_MAX = 5_000

const FILES_MAX = 256
const TAR_BLOCK = 512

const unzip = promisify(gunzip)

/**
 * The last lines of a log that came as text, gzipped, or as a tar of files, gzipped or not.
 * @throws LenscapError `limit` for an archive that unfolds without end, `invalid` for a broken one
 */
export async function linesIn(data: Buffer): Promise<string[]> {
  const plain = isGzip(data) ? await unpacked(data) : data
  const files = isTar(plain) ? filesIn(plain).filter(isText) : [plain]
  const text = files.map((file) => file.subarray(-TEXT_BYTES_MAX).toString('utf8')).join('\n')
  const lines = text.slice(-TEXT_BYTES_MAX).split(/\r\n|\n|\r/)
  return lines.filter((line) => line.trim() !== '').slice(-LINES_MAX)
}

const isGzip = (data: Buffer) => data[0] === 0x1f && data[1] === 0x8b

async function unpacked(data: Buffer): Promise<Buffer> {
  try {
    return await unzip(data, { maxOutputLength: UNPACKED_BYTES_MAX })
  } catch (cause) {
    const isTooLarge = cause instanceof RangeError
    const says = isTooLarge ? "The device's log unfolds to more than any log" : "The device's log can't be unpacked"
    throw new LenscapError(isTooLarge ? 'limit' : 'invalid', says, { bytes: data.length }, cause)
  }
}

/** Both POSIX and GNU archives carry this mark (POSIX.1-2017, pax, "ustar Interchange Format"). */
const isTar = (data: Buffer) => data.subarray(257, 262).toString('latin1') === 'ustar'

/** The regular files of an archive, in its order. One that breaks off gives what it holds. */
function filesIn(archive: Buffer): Buffer[] {
  const files: Buffer[] = []
  for (let at = 0; at + TAR_BLOCK <= archive.length && files.length < FILES_MAX; ) {
    const head = archive.subarray(at, at + TAR_BLOCK)
    if (head[0] === 0) break
    const size = Number.parseInt(head.subarray(124, 136).toString('latin1'), 8)
    if (!(size >= 0)) break
    const type = String.fromCharCode(head[156] ?? 0)
    const from = at + TAR_BLOCK
    if (type === '0' || type === '\0') files.push(archive.subarray(from, from + size))
    at = from + Math.ceil(size / TAR_BLOCK) * TAR_BLOCK
  }
  return files
}

/** A database or a picture in an archive is no log. */
const isText = (file: Buffer) => !file.subarray(0, 4_096).includes(0)
