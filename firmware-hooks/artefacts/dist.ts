import { execFile } from 'node:child_process'
import { cp, mkdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { build } from 'esbuild'
import { bundleWhole } from './bundle.ts'

const root = join(import.meta.dirname, '../..')
const require = createRequire(import.meta.url)
const run = promisify(execFile)
const PROGRAM = 'lenscap-agent'

/**
 * One self-contained executable of the agent for this machine's CPU in build/dist: Node and the database addon inside,
 * nothing needed on the box. Made by pkg in its `--sea` mode.
 */
async function buildExecutable(): Promise<void> {
  const cpu = process.arch
  const nodeBinary = join(root, `node_modules/node-linux-${cpu}/bin/node`)
  const { stdout } = await run(nodeBinary, ['--version'])
  const version = stdout.trim().slice(1)
  const work = join(root, 'build/dist/work')
  await rm(work, { recursive: true, force: true })
  await layOutApp(join(work, 'app'), cpu)
  await seedCache(join(work, 'home'), nodeBinary, `node-v${version}-linux-${cpu}`)
  const output = join(root, `build/dist/${PROGRAM}-linux-${cpu}`)
  const pkg = join(dirname(require.resolve('@yao-pkg/pkg/package.json')), 'lib-es5/bin.js')
  await run(process.execPath, [pkg, '--sea', '-t', `node${version}-linux-${cpu}`, '-o', output, join(work, 'app')], {
    env: { ...process.env, HOME: join(work, 'home') },
  })
  await rm(work, { recursive: true, force: true })
  process.stdout.write(`${output}: ${await tryOut(output)}\n`)
}

/** Has it look round once, as a service that has no home and no environment: the database addon is loaded by that. */
async function tryOut(executable: string): Promise<string> {
  const options = { cwd: '/', env: { HOME: '/nonexistent' } }
  const look = ['discover', '--host', '127.0.0.1:9', '--interface', 'none', '--timeout', '1', '--json']
  const { stdout: found } = await run(executable, look, options)
  if (found.trim() !== '[]') throw new Error(`${executable} does not work: it says ${found.slice(0, 200)}`)
  const { stdout: version } = await run(executable, ['--version'], options)
  const { size } = await stat(executable)
  return `${PROGRAM} ${version.trim()}, ${Math.round(size / 1_048_576)} MiB`
}

/** The bundle, and of the database package only what this CPU needs. */
async function layOutApp(app: string, cpu: string): Promise<void> {
  const sqlite = dirname(require.resolve('better-sqlite3/package.json'))
  const prebuild = `node_modules/better-sqlite3/prebuilds/linux-${cpu}.node`
  const facts = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'))
  await mkdir(join(app, 'node_modules/better-sqlite3/prebuilds'), { recursive: true })
  await build({
    entryPoints: [join(root, 'firmware-hooks/artefacts/start.ts')],
    outfile: join(app, 'start.js'),
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    logLevel: 'warning',
  })
  await bundleWhole('main', 'agent/cli/main.ts', app)
  await cp(join(sqlite, 'lib'), join(app, 'node_modules/better-sqlite3/lib'), { recursive: true })
  await cp(join(sqlite, 'package.json'), join(app, 'node_modules/better-sqlite3/package.json'))
  await cp(join(sqlite, `prebuilds/linux-${cpu}.node`), join(app, prebuild))
  const description = {
    name: PROGRAM,
    version: facts.version,
    type: 'module',
    bin: 'start.js',
    dependencies: { 'better-sqlite3': facts.dependencies['better-sqlite3'] },
    pkg: { scripts: ['main.js'], assets: [prebuild] },
  }
  await writeFile(join(app, 'package.json'), JSON.stringify(description))
}

/** Pkg would download Node; the npm package has it already, so it is laid where pkg looks first. */
async function seedCache(home: string, nodeBinary: string, name: string): Promise<void> {
  const folder = join(home, '.pkg-cache/sea')
  await mkdir(join(folder, name, 'bin'), { recursive: true })
  await symlink(nodeBinary, join(folder, name, 'bin/node'))
  for (const mark of [`${name}.tar.gz`, `${name}.tar.gz.ok`, `${name}/bin/node.ok`]) {
    await writeFile(join(folder, mark), '')
  }
}

await buildExecutable()
