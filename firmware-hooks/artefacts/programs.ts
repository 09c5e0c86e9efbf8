import { chmod, cp, mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { build } from 'esbuild'
import { NODE_FLAGS } from './node-flags.ts'

const root = join(import.meta.dirname, '../..')

/** The programs and where each begins. */
export const PROGRAMS = {
  'lenscap-agent': 'agent/cli/main.ts',
  'lenscap-bridge': 'cloud-bridge/cli/main.ts',
  'lenscap-simulator': 'simulator/cli/main.ts',
} as const

/** Starts a program on Node 24: the machine's own where it is new enough, otherwise the one that the packages brought. */
const launcher = (program: string) => `#!/bin/sh
root=$(dirname -- "$(readlink -f -- "$0")")/../..
node=node
if ! node -e 'process.exit(process.versions.node.split(".")[0] >= 24 ? 0 : 1)' 2>/dev/null; then
  arch=$(uname -m | sed -e s/x86_64/x64/ -e s/aarch64/arm64/)
  node=$root/node_modules/node-linux-$arch/bin/node
  [ -x "$node" ] || { echo "${program} needs Node 24 or newer: install it, or run \\"make build\\" again" >&2; exit 1; }
fi
exec "$node" ${NODE_FLAGS.join(' ')} "$root/build/lib/${program}.js" "$@"
`

/** One file per program in build/lib, with a launcher in build/bin. Only the native database addon stays outside. */
async function buildPrograms(): Promise<void> {
  const lib = join(root, 'build/lib')
  const bin = join(root, 'build/bin')
  await rm(lib, { recursive: true, force: true })
  await mkdir(bin, { recursive: true })
  await build({
    absWorkingDir: root,
    entryPoints: { ...PROGRAMS },
    outdir: lib,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    external: ['better-sqlite3'],
    // CommonJS packages inside an ES module bundle still ask for these.
    banner: {
      js: "import { createRequire as lenscapRequire } from 'node:module'\nconst require = lenscapRequire(import.meta.url)",
    },
    legalComments: 'linked',
    logLevel: 'warning',
  })
  await writeFile(join(lib, 'package.json'), '{ "type": "module" }\n')
  await cp(join(root, 'simulator/imaging/assets'), join(lib, 'assets'), { recursive: true })
  for (const program of Object.keys(PROGRAMS)) {
    await writeFile(join(bin, program), launcher(program))
    await chmod(join(bin, program), 0o755)
  }
}

await buildPrograms()
