import { execFile } from 'node:child_process'
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { bundleInParts } from './bundle.ts'
import type { Making } from './executable.ts'
import { AGENT_ENVIRONMENT, AGENT_FLAGS } from './node-flags.ts'
import type { Component } from './sbom.ts'

const require = createRequire(import.meta.url)
const run = promisify(execFile)

/** What Node and the addon are linked with, by the package that has it. */
const LIBRARIES = ['libc.so.6', 'libm.so.6', 'libdl.so.2', 'libpthread.so.0', 'libstdc++.so.6', 'libgcc_s.so.1']
const PACKAGES = ['libc6', 'libstdc++6', 'libgcc-s1']
/** Debian's stable release at the time of writing: what is taken from it changes with its security updates alone. */
const RELEASE = 'bookworm'

const LOADERS = { x64: 'ld-linux-x86-64.so.2', arm64: 'ld-linux-aarch64.so.1' } as const

/** The box's own C library is not asked: the bundle's loader starts Node with the bundle's libraries. */
const launcher = (loader: string) => `#!/bin/sh
lib=$(dirname -- "$(readlink -f -- "$0")")/../lib
${Object.entries(AGENT_ENVIRONMENT)
  .map(([name, value]) => `export ${name}="\${${name}:-${value}}"\n`)
  .join(
    '',
  )}exec "$lib/${loader}" --library-path "$lib" "$lib/node" ${AGENT_FLAGS.join(' ')} "$lib/lenscap-agent.js" "$@"
`

/**
 * The agent as a folder that brings its C library along, for boxes with musl or with a glibc that is too old: `bin` has
 * a launcher, `lib` the rest. The files that went into the bundle, and what was taken from Debian.
 */
export async function makeWithLibc(
  { cpu, node, addon, work }: Making,
  triplet: string,
  debian: string,
  folder: string,
): Promise<{ inputs: string[]; libraries: Component[] }> {
  const lib = join(folder, 'lib')
  const system = join(work, 'debian')
  await mkdir(join(folder, 'bin'), { recursive: true })
  const { stdout } = await run('sh', [join(import.meta.dirname, 'debian.sh'), RELEASE, debian, system, ...PACKAGES])
  const parts = await bundleInParts('lenscap-agent', 'agent/cli/main.ts', lib)
  const inputs = [...parts.values()].flatMap(({ sources }) => sources)
  await writeFile(join(lib, 'package.json'), '{ "type": "module" }\n')
  const loader = LOADERS[cpu]
  for (const name of [loader, ...LIBRARIES])
    await cp(await foundIn(system, triplet, name), join(lib, name), { dereference: true })
  await cp(node.path, join(lib, 'node'))
  const sqlite = dirname(require.resolve('better-sqlite3/package.json'))
  const inside = join(lib, 'node_modules/better-sqlite3')
  for (const part of ['lib', 'package.json']) await cp(join(sqlite, part), join(inside, part), { recursive: true })
  await mkdir(join(inside, 'prebuilds'), { recursive: true })
  await cp(addon, join(inside, `prebuilds/linux-${cpu}.node`))
  await writeFile(join(folder, 'bin/lenscap-agent'), launcher(loader), { mode: 0o755 })
  await rm(system, { recursive: true })
  const libraries = stdout
    .trim()
    .split('\n')
    .map((line): Component => {
      const [name = '', version = ''] = line.split(' ')
      return { name, version, purl: `pkg:deb/debian/${name}@${encodeURIComponent(version)}?arch=${debian}` }
    })
  return { inputs, libraries }
}

async function foundIn(system: string, triplet: string, name: string): Promise<string> {
  for (const folder of [`lib/${triplet}`, `usr/lib/${triplet}`]) {
    const path = join(system, folder, name)
    if (
      await readFile(path).then(
        () => true,
        () => false,
      )
    )
      return path
  }
  throw new Error(`Debian's packages have no ${name} any more`)
}
