import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { build } from 'esbuild'
import { leanBuiltins } from '../../firmware-hooks/artefacts/lean-builtins.ts'
import { idle as agentIdle } from './agent/idle.ts'
import { inventory } from './agent/inventory.ts'
import type { Effort, Figure, Measure } from './figure.ts'
import { live } from './live/live.ts'
import { recording } from './media/recording.ts'
import { discovery } from './simulator/discovery.ts'
import { idle } from './simulator/idle.ts'
import { pullPoints } from './simulator/pull-points.ts'
import { requests } from './simulator/requests.ts'
import { streams } from './simulator/streams.ts'
import { table } from './table.ts'
import { upload } from './upload/upload.ts'

const root = join(import.meta.dirname, '../..')

/** All that is measured, in this order. */
const GROUPS: Readonly<Record<string, Measure>> = {
  'agent-inventory': inventory,
  'agent-idle': agentIdle,
  live,
  media: recording,
  'simulator-idle': idle,
  'simulator-discovery': discovery,
  'simulator-pull-points': pullPoints,
  'simulator-streams': streams,
  'simulator-requests': requests,
  upload,
}

/** The programs that are measured beside ours, and the agent's rooms on their own. */
const PEERS = [
  'agent-inventory',
  'agent-recorder',
  'agent-upload',
  'bare-mqtt',
  'bare-put',
  'bare-servers',
  'bare-store',
  'nothing',
  'onvif-inventory',
  'plain-answers',
  'plain-sender',
]

const FULL: Effort = { runs: 3, windowMs: 10_000, idleMs: 60_000, mediaMs: 60_000 }
const QUICK: Effort = { runs: 1, windowMs: 2000, idleMs: 10_000, mediaMs: 10_000 }

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
    'idle-minutes': { type: 'string' },
    'media-minutes': { type: 'string' },
  },
})
const chosen = values.quick ? QUICK : FULL
const minutes = (name: 'idle-minutes' | 'media-minutes', otherwiseMs: number) =>
  values[name] === undefined ? otherwiseMs : Number(values[name]) * 60_000
const effort: Effort = {
  ...chosen,
  idleMs: minutes('idle-minutes', chosen.idleMs),
  mediaMs: minutes('media-minutes', chosen.mediaMs),
}
await build({
  absWorkingDir: root,
  entryPoints: PEERS.map((peer) => `test/bench/peers/${peer}.ts`),
  outdir: 'build/bench',
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node24',
  external: ['better-sqlite3'],
  plugins: [leanBuiltins],
  banner: { js: "import { createRequire } from 'node:module'\nconst require = createRequire(import.meta.url)" },
  logLevel: 'warning',
})
await writeFile(join(root, 'build/bench/package.json'), '{ "type": "module" }\n')
const figures: Figure[] = []
for (const [name, measure] of Object.entries(GROUPS)) {
  if (!name.includes(values.only)) continue
  const begun = performance.now()
  figures.push(...(await measure(effort)))
  process.stderr.write(`${name}: measured in ${Math.round((performance.now() - begun) / 1000)} s\n`)
}
await mkdir(join(root, 'build'), { recursive: true })
await writeFile(join(root, 'build/bench.json'), `${JSON.stringify(figures, null, 2)}\n`)
process.stdout.write(table(figures))
