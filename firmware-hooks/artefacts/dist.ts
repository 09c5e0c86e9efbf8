import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chmod, cp, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { basename, dirname, join } from 'node:path'
import { parseArgs, promisify } from 'node:util'
import { VERSION } from '../../agent/base/version.ts'
import { makeExecutable } from './executable.ts'
import { nodeOf } from './node-of.ts'
import { makeDeb, makeIpk, makeTarball, type Package } from './packages.ts'
import { type Component, componentIn, packagesOf, sbomOf } from './sbom.ts'
import { signFile, writeSums } from './sign.ts'
import { fillSlot } from './slot.ts'
import { type Target, targetsNamed } from './target.ts'
import { makeWithLibc } from './with-libc.ts'

const root = join(import.meta.dirname, '../..')
const require = createRequire(import.meta.url)
const run = promisify(execFile)
const output = join(root, 'build/dist')
const cache = join(root, 'build/cache')
const sqlite = dirname(require.resolve('better-sqlite3/package.json'))
/** What the addon in the database's package asks for, and what one of our own does. */
const GLIBC = { theirs: '2.34', ours: '2.29' } as const

const { values: options } = parseArgs({
  options: {
    targets: { type: 'string', default: `linux-${process.arch}` },
    'old-glibc': { type: 'boolean', default: false },
    'sign-key': { type: 'string' },
    'no-packages': { type: 'boolean', default: false },
  },
})

/** Everything of a release, for the targets named: see `docs/firmware.md`. */
async function makeDist(): Promise<void> {
  const targets = targetsNamed(options.targets)
  await mkdir(cache, { recursive: true })
  await rm(output, { recursive: true, force: true })
  const timeS = await releaseTimeS()
  const files: string[] = []
  for (const target of targets) {
    for (const file of await make(target, timeS)) {
      files.push(file)
      const { size } = await stat(file)
      process.stdout.write(`${basename(file)}  ${(size / 1_048_576).toFixed(1)} MiB\n`)
    }
  }
  const sums = await writeSums(output, files)
  const key = options['sign-key']
  if (key !== undefined) await signFile(sums, key)
  process.stdout.write(
    `in ${output}, with SHA256SUMS${key === undefined ? '; not signed: --sign-key FILE does that' : ', signed'}\n`,
  )
}

/** The time that everything gets: as the maker says it, or that of the last change of the source. */
async function releaseTimeS(): Promise<number> {
  const given = process.env['SOURCE_DATE_EPOCH']
  if (given !== undefined) return Number(given)
  const { stdout } = await run('git', ['log', '-1', '--format=%ct'], { cwd: root }).catch(() => ({ stdout: '0' }))
  return Number(stdout.trim())
}

async function make(target: Target, timeS: number): Promise<string[]> {
  const { cpu, kind } = target
  const work = join(output, 'work')
  const slot = join(work, 'slot')
  await rm(work, { recursive: true, force: true })
  await mkdir(join(slot, 'bin'), { recursive: true })
  const node = await nodeOf(root, cpu, cache)
  const addon =
    kind === 'executable' && options['old-glibc'] ? await ownAddon(cpu) : join(sqlite, `prebuilds/linux-${cpu}.node`)
  const making = { cpu, version: VERSION, node, addon, work }
  const files: string[] = []
  const parts: Component[] = [
    { name: 'node', version: node.version, license: 'MIT', purl: `pkg:npm/node-linux-${cpu}@${node.version}` },
    ...(await componentIn(sqlite)),
  ]
  const executable = join(output, `lenscap-agent-${target.name}`)
  if (kind === 'executable') {
    parts.push(...(await packagesOf(root, await makeExecutable(making, executable))))
    await cp(executable, join(slot, 'bin/lenscap-agent'))
    files.push(executable)
  } else {
    const { inputs, libraries } = await makeWithLibc(making, target.triplet, target.debian, slot)
    parts.push(...(await packagesOf(root, inputs)), ...libraries)
  }
  await chmod(join(slot, 'bin/lenscap-agent'), 0o755)
  if (cpu === process.arch) await tryOut(join(slot, 'bin/lenscap-agent'))
  const sbom = join(output, `lenscap-agent-${VERSION}-${target.name}.cdx.json`)
  await writeFile(sbom, sbomOf(target.name, VERSION, timeS, parts))
  files.push(sbom)
  await fillSlot(slot, VERSION, await readFile(sbom, 'utf8'))
  const glibc = options['old-glibc'] ? GLIBC.ours : GLIBC.theirs
  const made: Package = { target, version: VERSION, timeS, slot, output, ...(kind === 'executable' && { glibc }) }
  if (!options['no-packages']) {
    files.push(await makeTarball(made), await makeIpk(made))
    // A box that has dpkg has glibc.
    if (kind === 'executable') files.push(await makeDeb(made))
  }
  await rm(work, { recursive: true })
  return files
}

/** Compiled once for each release of the database package. */
async function ownAddon(cpu: 'x64' | 'arm64'): Promise<string> {
  const { version } = JSON.parse(await readFile(join(sqlite, 'package.json'), 'utf8'))
  const path = join(cache, `better-sqlite3-${version}-glibc-${GLIBC.ours}-${cpu}.node`)
  if (!existsSync(path)) await run('sh', [join(import.meta.dirname, 'old-glibc.sh'), cpu, path])
  return path
}

/** Has it look round once, as a service that has no home and no environment: the database addon is loaded by that. */
async function tryOut(executable: string): Promise<void> {
  const settings = { cwd: '/', env: { HOME: '/nonexistent', PATH: '/usr/bin:/bin' } }
  const look = ['discover', '--host', '127.0.0.1:9', '--interface', 'none', '--timeout', '1', '--json']
  const { stdout: found } = await run(executable, look, settings)
  if (found.trim() !== '[]') throw new Error(`${executable} does not work: it says ${found.slice(0, 200)}`)
  await run(executable, ['--version'], settings)
}

try {
  await makeDist()
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}
