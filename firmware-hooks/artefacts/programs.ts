import { chmod, cp, mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { bundleInParts, bundleWhole } from './bundle.ts'
import { AGENT_ENVIRONMENT, AGENT_FLAGS, NODE_FLAGS } from './node-flags.ts'

const root = join(import.meta.dirname, '../..')

/** The programs, where each begins, and how Node is started for it. */
const PROGRAMS = {
  'lenscap-agent': { entry: 'agent/cli/main.ts', flags: AGENT_FLAGS, environment: AGENT_ENVIRONMENT, isAgent: true },
  'lenscap-bridge': { entry: 'cloud-bridge/cli/main.ts', flags: NODE_FLAGS, environment: {}, isAgent: false },
  'lenscap-simulator': { entry: 'simulator/cli/main.ts', flags: NODE_FLAGS, environment: {}, isAgent: false },
} as const

/** Starts a program on Node 24: the machine's own where it is new enough, otherwise the one that the packages brought. */
const launcher = (
  program: string,
  flags: readonly string[],
  environment: Readonly<Record<string, string>>,
) => `#!/bin/sh
root=$(dirname -- "$(readlink -f -- "$0")")/../..
node=node
if ! node -e 'process.exit(process.versions.node.split(".")[0] >= 24 ? 0 : 1)' 2>/dev/null; then
  arch=$(uname -m | sed -e s/x86_64/x64/ -e s/aarch64/arm64/)
  node=$root/node_modules/node-linux-$arch/bin/node
  [ -x "$node" ] || { echo "${program} needs Node 24 or newer: install it, or run \\"make build\\" again" >&2; exit 1; }
fi
${Object.entries(environment)
  .map(([name, value]) => `export ${name}="\${${name}:-${value}}"\n`)
  .join('')}exec "$node" ${flags.join(' ')} "$root/build/lib/${program}.js" "$@"
`

/** One file per program in build/lib, with a launcher in build/bin. Only the native database addon stays outside. */
async function buildPrograms(): Promise<void> {
  const lib = join(root, 'build/lib')
  const bin = join(root, 'build/bin')
  await rm(lib, { recursive: true, force: true })
  await mkdir(bin, { recursive: true })
  for (const [program, { entry, isAgent }] of Object.entries(PROGRAMS)) {
    await (isAgent ? bundleInParts : bundleWhole)(program, entry, lib)
  }
  // The bridge starts it as a thread.
  await bundleWhole('lenscap-bridge-verify', 'cloud-bridge/uploads/verify-thread.ts', lib)
  await writeFile(join(lib, 'package.json'), '{ "type": "module" }\n')
  await cp(join(root, 'simulator/imaging/assets'), join(lib, 'assets'), { recursive: true })
  for (const [program, { flags, environment }] of Object.entries(PROGRAMS)) {
    await writeFile(join(bin, program), launcher(program, flags, environment))
    await chmod(join(bin, program), 0o755)
  }
}

await buildPrograms()
