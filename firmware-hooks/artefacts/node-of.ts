import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import * as z from 'zod'

const run = promisify(execFile)
const Lock = z.object({
  packages: z.record(z.string(), z.object({ version: z.string().optional(), integrity: z.string().optional() })),
})

/** A Node binary, and which one it is. */
export interface NodeBinary {
  readonly path: string
  readonly version: string
}

/**
 * Node for a CPU, in the version that the lock file names: this machine's is among the packages, another's is fetched once,
 * and kept only where it is what the lock file has signed. @throws Error where it is not, or can't be had
 */
export async function nodeOf(root: string, cpu: 'x64' | 'arm64', cache: string): Promise<NodeBinary> {
  const name = `node-linux-${cpu}`
  const lock = Lock.parse(JSON.parse(await readFile(join(root, 'package-lock.json'), 'utf8')))
  const { version, integrity } = lock.packages[`node_modules/${name}`] ?? {}
  if (version === undefined || integrity === undefined) throw new Error(`package-lock.json does not name ${name}`)
  const here = join(root, 'node_modules', name, 'bin/node')
  if (existsSync(here)) return { path: here, version }
  const folder = join(cache, `${name}-${version}`)
  const path = join(folder, 'package/bin/node')
  if (existsSync(path)) return { path, version }
  const fresh = `${folder}.new`
  await rm(fresh, { recursive: true, force: true })
  await mkdir(fresh, { recursive: true })
  await run('npm', ['pack', `${name}@${version}`, '--silent', '--pack-destination', fresh], { cwd: root })
  const archive = join(fresh, `${name}-${version}.tgz`)
  const found = `sha512-${createHash('sha512')
    .update(await readFile(archive))
    .digest('base64')}`
  if (found !== integrity)
    throw new Error(`${name}@${version} is not what package-lock.json names: nothing was made of it`)
  await run('tar', ['-xzf', archive, '-C', fresh, 'package/bin/node'])
  await rm(archive)
  await rename(fresh, folder)
  return { path, version }
}
