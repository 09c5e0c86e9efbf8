import { spawn } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { entriesOf } from './slot.ts'
import { type Entry, md5sums, tarOf, withFolders } from './tar.ts'
import type { Target } from './target.ts'

const compress = promisify(gzip)
const install = join(import.meta.dirname, '../install')
const MAINTAINER = 'Lenscap <maintainers@lenscap.invalid>'
const OPT = './opt/lenscap'

export interface Package {
  readonly target: Target
  readonly version: string
  /** All times in the archives. */
  readonly timeS: number
  /** The filled slot. */
  readonly slot: string
  readonly output: string
  /** What the program asks of the box's C library; none where it brings its own. */
  readonly glibc?: string | undefined
}

const nameOf = ({ target, version }: Package) => `lenscap-agent-${version}-${target.name}`

/** For boxes without a package manager: to be unpacked anywhere, with `install/install.sh` inside. */
export async function makeTarball(made: Package): Promise<string> {
  const path = join(made.output, `${nameOf(made)}.tar.xz`)
  await writeFile(path, await xz(tarOf(await entriesOf(made.slot, nameOf(made)), made.timeS)))
  return path
}

/** For Debian and what descends from it (deb(5)). */
export async function makeDeb(made: Package): Promise<string> {
  const { target, version, timeS, glibc = '2.28' } = made
  const doc = './usr/share/doc/lenscap-agent'
  const data = withFolders([
    ...(await slotEntries(made)),
    {
      path: `./lib/systemd/system/lenscap-agent.service`,
      mode: 0o644,
      data: await readFile(join(install, 'services/lenscap-agent.service')),
    },
    { path: `${doc}/copyright`, mode: 0o644, data: Buffer.from(await copyright()) },
    { path: `${doc}/changelog.gz`, mode: 0o644, data: await gzipped(Buffer.from(changelog(version, timeS))) },
    {
      path: './usr/share/lintian/overrides/lenscap-agent',
      mode: 0o644,
      data: await readFile(join(install, 'maintainer/lintian-overrides')),
    },
  ])
  const control = [
    'Package: lenscap-agent',
    `Version: ${version}`,
    `Architecture: ${target.debian}`,
    `Maintainer: ${MAINTAINER}`,
    `Installed-Size: ${Math.ceil(sizeOf(data) / 1024)}`,
    `Depends: libc6 (>= ${glibc}), libstdc++6 (>= 5.2), libgcc-s1 | libgcc1`,
    'Section: net',
    'Priority: optional',
    'Description: knows every camera on the network, and keeps the cap on',
    ' Tells over MQTT which ONVIF cameras there are, how they are and what they',
    ' see. Pictures leave the box only while their owner allows it.',
    '',
  ].join('\n')
  const members = {
    'debian-binary': Buffer.from('2.0\n'),
    'control.tar.gz': await gzipped(tarOf(await controlEntries(made, control, md5sums(data)), timeS)),
    'data.tar.xz': await xz(tarOf(data, timeS)),
  }
  const path = join(made.output, `lenscap-agent_${version}_${target.debian}.deb`)
  await writeFile(path, ar(members, timeS))
  return path
}

/** For opkg, on OpenWrt and on boxes made by Yocto. Its names of CPUs are as many as boards: the script looks instead. */
export async function makeIpk(made: Package): Promise<string> {
  const { version, timeS } = made
  const data = withFolders(await slotEntries(made))
  const control = [
    'Package: lenscap-agent',
    `Version: ${version}`,
    'Architecture: all',
    `Maintainer: ${MAINTAINER}`,
    `Installed-Size: ${sizeOf(data)}`,
    'Section: net',
    'Priority: optional',
    'Description: knows every camera on the network, and keeps the cap on',
    '',
  ].join('\n')
  const outer = [
    { path: './debian-binary', mode: 0o644, data: Buffer.from('2.0\n') },
    { path: './data.tar.gz', mode: 0o644, data: await gzipped(tarOf(data, timeS)) },
    { path: './control.tar.gz', mode: 0o644, data: await gzipped(tarOf(await controlEntries(made, control), timeS)) },
  ]
  const path = join(made.output, `${nameOf(made)}.ipk`)
  await writeFile(path, await gzipped(tarOf(outer, timeS)))
  return path
}

const slotEntries = async ({ slot }: Package): Promise<Entry[]> => [
  ...(await entriesOf(slot, `${OPT}/slots/a`)),
  { path: './usr/bin/lenscap-agent', mode: 0o777, link: '/opt/lenscap/current/bin/lenscap-agent' },
]

/** The packages' scripts begin with the functions that `install.sh` has: what they do is the same. */
async function controlEntries({ target }: Package, control: string, sums?: string): Promise<Entry[]> {
  const box = await readFile(join(install, 'box.sh'), 'utf8')
  const script = async (name: string): Promise<Entry> => {
    const body = (await readFile(join(install, 'maintainer', name), 'utf8')).replaceAll('@MACHINES@', target.machine)
    return { path: `./${name}`, mode: 0o755, data: Buffer.from(`#!/bin/sh\nset -e\n${box}\n${body}`) }
  }
  return [
    { path: './', mode: 0o755 },
    { path: './control', mode: 0o644, data: Buffer.from(control) },
    ...(sums === undefined ? [] : [{ path: './md5sums', mode: 0o644, data: Buffer.from(sums) }]),
    ...(await Promise.all(['preinst', 'postinst', 'prerm', 'postrm'].map(script))),
  ]
}

const sizeOf = (entries: readonly Entry[]) => entries.reduce((sum, { data }) => sum + (data?.length ?? 0), 0)

/** As Debian wants it; what is new is told elsewhere. */
function changelog(version: string, timeS: number): string {
  const date = new Date(timeS * 1000).toUTCString().replace('GMT', '+0000')
  const said = '  * What is new in this release is in the CHANGELOG.md of its source.'
  return `lenscap-agent (${version}) unstable; urgency=medium\n\n${said}\n\n -- ${MAINTAINER}  ${date}\n`
}

async function copyright(): Promise<string> {
  const head = 'Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n\n'
  const license = ' On Debian systems, its text is in /usr/share/common-licenses/Apache-2.0.'
  const inside =
    'Comment: What else is inside, and under which licences, is in /opt/lenscap/current/share/sbom.cdx.json.'
  return `${head}Files: *\nCopyright: 2026 the Lenscap authors\nLicense: Apache-2.0\n${license}\n${inside}\n`
}

/** Without the time of packing, which gzip would note (RFC 1952, 2.3.1). */
const gzipped = (data: Uint8Array): Promise<Buffer> => compress(data, { level: 6 })

/** By the program, in blocks of a fixed size, so that the number of processors makes no difference. @throws Error where it is missing */
function xz(data: Uint8Array): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const child = spawn('xz', ['-6', '--threads=2', '--block-size=24MiB', '--stdout'], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    const parts: Buffer[] = []
    child.on('error', () =>
      reject(new Error('xz is missing: install it (Debian: xz-utils), or make the executable alone by --no-packages')),
    )
    child.stdout.on('data', (part: Buffer) => parts.push(part))
    child.on('close', (code) =>
      code === 0 ? resolve(Buffer.concat(parts)) : reject(new Error(`xz ended with ${code}`)),
    )
    child.stdin.on('error', () => {})
    child.stdin.end(data)
  })
}

/** The archive that holds a .deb's parts (ar(5)). */
function ar(members: Readonly<Record<string, Buffer>>, timeS: number): Buffer {
  const parts = Object.entries(members).flatMap(([name, data]) => {
    const header = `${name.padEnd(16)}${String(timeS).padEnd(12)}${'0'.padEnd(6)}${'0'.padEnd(6)}${'100644'.padEnd(8)}${String(data.length).padEnd(10)}\`\n`
    return [Buffer.from(header, 'latin1'), data, Buffer.alloc(data.length % 2, '\n')]
  })
  return Buffer.concat([Buffer.from('!<arch>\n', 'latin1'), ...parts])
}
