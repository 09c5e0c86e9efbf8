import { execFile } from 'node:child_process'
import { cp, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { build } from 'esbuild'
import { bundleWhole } from './bundle.ts'
import type { NodeBinary } from './node-of.ts'

const root = join(import.meta.dirname, '../..')
const require = createRequire(import.meta.url)
const run = promisify(execFile)
const PROGRAM = 'lenscap-agent'

/** Pkg's own folder for the time of building, whose random name it writes into what it makes. */
const RANDOM_FOLDER = /\/pkg-sea-[A-Za-z0-9]{6}\/sea-main\.js/g

export interface Making {
  readonly cpu: 'x64' | 'arm64'
  readonly version: string
  readonly node: NodeBinary
  /** The database's native addon for the CPU. */
  readonly addon: string
  /** A folder for what is made on the way. */
  readonly work: string
}

/** Pkg writes the names of its input's folders into what it makes: they are the same wherever the source lies. */
const FOLDER = '/tmp/lenscap-dist'

/**
 * One self-contained executable of the agent: Node, bundle and database addon inside. Made by pkg in its `--sea` mode; the
 * same content makes the same file. The files that went into the bundle.
 * @throws Error saying what to do where another build is under way
 */
export async function makeExecutable({ cpu, version, node, addon }: Making, output: string): Promise<string[]> {
  try {
    await mkdir(FOLDER, { mode: 0o700 })
  } catch (cause) {
    throw new Error(`${FOLDER} is there: another build is under way, or was ended and left it; then remove it`, {
      cause,
    })
  }
  try {
    const app = join(FOLDER, 'app')
    const inputs = await layOutApp(app, cpu, version, addon)
    await seedCache(join(FOLDER, 'home'), node.path, `node-v${node.version}-linux-${cpu}`)
    const pkg = join(dirname(require.resolve('@yao-pkg/pkg/package.json')), 'lib-es5/bin.js')
    await rm(output, { force: true })
    await run(process.execPath, [pkg, '--sea', '-t', `node${node.version}-linux-${cpu}`, '-o', output, app], {
      env: { ...process.env, HOME: join(FOLDER, 'home'), TMPDIR: '/tmp' },
    })
    await forgetRandomFolder(output)
    return inputs
  } finally {
    await rm(FOLDER, { recursive: true, force: true })
  }
}

async function forgetRandomFolder(path: string): Promise<void> {
  const bytes = await readFile(path)
  let found = 0
  for (const { index } of bytes.toString('latin1').matchAll(RANDOM_FOLDER)) {
    bytes.write('lensca', index + '/pkg-sea-'.length, 'latin1')
    found += 1
  }
  if (found === 0) throw new Error(`${path} is not made as it used to be: see whether it can still be made twice alike`)
  await writeFile(path, bytes)
}

/** The bundle, and of the database package only what this CPU needs. */
async function layOutApp(app: string, cpu: string, version: string, addon: string): Promise<string[]> {
  const sqlite = dirname(require.resolve('better-sqlite3/package.json'))
  const prebuild = `node_modules/better-sqlite3/prebuilds/linux-${cpu}.node`
  const facts = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'))
  await mkdir(join(app, 'node_modules/better-sqlite3/prebuilds'), { recursive: true })
  await build({
    absWorkingDir: root,
    entryPoints: ['firmware-hooks/artefacts/start.ts'],
    outfile: join(app, 'start.js'),
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    logLevel: 'warning',
  })
  const inputs = await bundleWhole('main', 'agent/cli/main.ts', app)
  await cp(join(sqlite, 'lib'), join(app, 'node_modules/better-sqlite3/lib'), { recursive: true })
  await cp(join(sqlite, 'package.json'), join(app, 'node_modules/better-sqlite3/package.json'))
  await cp(addon, join(app, prebuild))
  const description = {
    name: PROGRAM,
    version,
    type: 'module',
    bin: 'start.js',
    dependencies: { 'better-sqlite3': facts.dependencies['better-sqlite3'] },
    pkg: { scripts: ['main.js'], assets: [prebuild] },
  }
  await writeFile(join(app, 'package.json'), JSON.stringify(description))
  return inputs
}

/** Pkg would download Node; it is here already, so it is laid where pkg looks first. */
async function seedCache(home: string, nodeBinary: string, name: string): Promise<void> {
  const folder = join(home, '.pkg-cache/sea')
  await mkdir(join(folder, name, 'bin'), { recursive: true })
  await symlink(nodeBinary, join(folder, name, 'bin/node'))
  for (const mark of [`${name}.tar.gz`, `${name}.tar.gz.ok`, `${name}/bin/node.ok`]) {
    await writeFile(join(folder, mark), '')
  }
}
