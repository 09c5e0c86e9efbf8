import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { build } from 'esbuild'
import type { Effort, Figure, Measure } from './figure.ts'
import { discovery } from './simulator/discovery.ts'
import { idle } from './simulator/idle.ts'
import { pullPoints } from './simulator/pull-points.ts'
import { requests } from './simulator/requests.ts'
import { streams } from './simulator/streams.ts'
import { table } from './table.ts'

const root = join(import.meta.dirname, '../..')

/** All that is measured, in this order. */
const GROUPS: Readonly<Record<string, Measure>> = {
  'simulator-idle': idle,
  'simulator-discovery': discovery,
  'simulator-pull-points': pullPoints,
  'simulator-streams': streams,
  'simulator-requests': requests,
}

const FULL: Effort = { runs: 3, windowMs: 10_000 }
const QUICK: Effort = { runs: 1, windowMs: 2000 }

const { values } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, only: { type: 'string', default: '' } },
})
const effort = values.quick ? QUICK : FULL
await build({
  absWorkingDir: root,
  entryPoints: ['bare-servers', 'plain-answers', 'plain-sender'].map((peer) => `test/bench/peers/${peer}.ts`),
  outdir: 'build/bench',
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node24',
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
