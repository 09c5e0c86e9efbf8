import { createHash } from 'node:crypto'

/** What goes into an archive; paths are relative, folders end in `/`. */
export interface Entry {
  readonly path: string
  readonly mode: number
  readonly data?: Uint8Array
  /** Where a symbolic link points to. */
  readonly link?: string
}

const BLOCK = 512

/**
 * An archive in the ustar format (POSIX.1-1988): everything belongs to root and has the same time, so that the same content
 * is the same archive, whoever makes it. @throws Error for a path that the format can't hold
 */
export function tarOf(entries: readonly Entry[], timeS: number): Buffer {
  const parts = entries.flatMap(({ path, mode, data = new Uint8Array(), link }) => {
    const header = Buffer.alloc(BLOCK)
    if (link !== undefined && Buffer.byteLength(link) > 100) throw new Error(`${link} is too long for an archive`)
    const [prefix, name] = splitPath(path)
    const octal = (value: number, at: number, length: number) =>
      header.write(`${value.toString(8).padStart(length - 1, '0')}\0`, at, 'latin1')
    header.write(name, 0, 100)
    octal(mode, 100, 8)
    octal(0, 108, 8)
    octal(0, 116, 8)
    octal(data.length, 124, 12)
    octal(timeS, 136, 12)
    header.write(link === undefined ? (path.endsWith('/') ? '5' : '0') : '2', 156)
    header.write(link ?? '', 157, 100)
    header.write('ustar\x0000root', 257, 'latin1')
    header.write('root', 297)
    header.write(prefix, 345, 155)
    // The sum counts its own field as spaces (ustar, chksum).
    header.fill(' ', 148, 156)
    const sum = header.reduce((total, byte) => total + byte, 0)
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
    return [header, data, Buffer.alloc((BLOCK - (data.length % BLOCK)) % BLOCK)]
  })
  return Buffer.concat([...parts, Buffer.alloc(2 * BLOCK)])
}

function splitPath(path: string): [prefix: string, name: string] {
  if (Buffer.byteLength(path) <= 100) return ['', path]
  const at = path.lastIndexOf('/', path.length - 2)
  const [prefix, name] = [path.slice(0, at), path.slice(at + 1)]
  if (at < 1 || prefix.length > 155 || name.length > 100) throw new Error(`${path} is too long for an archive`)
  return [prefix, name]
}

/** Folders on the way to the entries, each before what is in it. */
export function withFolders(entries: readonly Entry[]): Entry[] {
  const folders = new Set<string>()
  for (const { path } of entries) {
    const levels = path.replace(/\/$/, '').split('/')
    for (let depth = 1; depth < levels.length; depth += 1) folders.add(`${levels.slice(0, depth).join('/')}/`)
  }
  const made = [...folders].filter((path) => !entries.some((entry) => entry.path === path))
  const all = [...made.map((path): Entry => ({ path, mode: 0o755 })), ...entries]
  return all.sort((a, b) => (a.path < b.path ? -1 : 1))
}

/** As dpkg wants it: a line per file. */
export const md5sums = (entries: readonly Entry[]): string =>
  entries
    .filter(({ path, link }) => link === undefined && !path.endsWith('/'))
    .map(
      ({ path, data = new Uint8Array() }) =>
        `${createHash('md5').update(data).digest('hex')}  ${path.replace(/^\.\//, '')}\n`,
    )
    .join('')
