import { spawn } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { parseArgs } from 'node:util'
import { z } from 'zod'

const root = join(import.meta.dirname, '../..')

/** The programs, by the folders below `test` that they are in. */
const SUITES = ['exactness', 'fuzz', 'backlog', 'consent-model', 'mutations', 'revocation'] as const

const Outcome = z.object({
  name: z.string(),
  tried: z.number(),
  survived: z.number(),
  lost: z.number(),
  seed: z.number(),
})
type Outcome = z.infer<typeof Outcome>

const { values } = parseArgs({
  options: { only: { type: 'string', default: '' }, seed: { type: 'string', default: '1' } },
})

/** Runs one suite to its end; its progress goes to the terminal. One that ends without an outcome has lost everything. */
async function run(suite: string): Promise<Outcome> {
  const args = [join(root, 'test', suite, 'main.ts'), '--json', '--seed', values.seed]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const said = (await text(child.stdout)).trim().split('\n').at(-1) ?? ''
  const parsed = Outcome.safeParse(said.startsWith('{') ? JSON.parse(said) : undefined)
  return parsed.data ?? { name: suite, tried: 1, survived: 0, lost: 1, seed: Number(values.seed) }
}

const outcomes: Outcome[] = []
for (const suite of SUITES.filter((name) => name.includes(values.only))) {
  process.stderr.write(`${suite} ...\n`)
  outcomes.push(await run(suite))
}
await mkdir(join(root, 'build'), { recursive: true })
await writeFile(join(root, 'build/faults.json'), `${JSON.stringify(outcomes, null, 2)}\n`)
const width = Math.max(...outcomes.map(({ name }) => name.length))
process.stdout.write(
  `${'suite'.padEnd(width)}  ${'tried'.padStart(8)}  ${'survived'.padStart(8)}  ${'lost'.padStart(5)}  seed\n`,
)
for (const { name, tried, survived, lost, seed } of outcomes)
  process.stdout.write(
    `${name.padEnd(width)}  ${String(tried).padStart(8)}  ${String(survived).padStart(8)}  ${String(lost).padStart(5)}  ${seed}\n`,
  )
process.exitCode = outcomes.every(({ lost }) => lost === 0) ? 0 : 1
