import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { parseArgs } from 'node:util'
import { BRIDGE_MUTATIONS } from './bridge.ts'
import { LEAVING, TAKING } from './media.ts'
import type { Mutation } from './mutation.ts'
import { PERMISSION } from './permission.ts'
import { Tree } from './tree.ts'

const root = join(import.meta.dirname, '../..')
/** A test that never ends has noticed as well. */
const TEST_MS = 60_000
const DEADLINE_MS = 120_000
const ALL: readonly Mutation[] = [...PERMISSION, ...LEAVING, ...TAKING, ...BRIDGE_MUTATIONS]

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
    // As every long suite takes one; there is no chance in this one.
    seed: { type: 'string', default: '1' },
  },
})

/** The tests that fail, by name; none where all pass. */
async function failures(tree: Tree, tests: readonly string[]): Promise<string[]> {
  const { NODE_TEST_CONTEXT: _, ...env } = process.env
  const child = spawn(process.execPath, ['--test', '--test-reporter=tap', `--test-timeout=${TEST_MS}`, ...tests], {
    cwd: tree.folder,
    stdio: ['ignore', 'pipe', 'ignore'],
    detached: true,
    env,
  })
  const late = setTimeout(() => child.pid !== undefined && process.kill(-child.pid, 'SIGKILL'), DEADLINE_MS)
  const exited = new Promise<number | null>((resolve) => child.once('close', resolve))
  const said = await text(child.stdout)
  const code = await exited
  clearTimeout(late)
  if (code === 0) return []
  const names = [...said.matchAll(/^ *not ok \d+ - (.*)$/gm)].map(([, name]) => name ?? '')
  return names.length > 0 ? names : ['a test came to no end']
}

const chosen = ALL.filter(({ what }) => what.includes(values.only))
using tree = new Tree(root)
const words = values.json ? process.stderr : process.stdout
// A mutation that does not fit the source any more is told before the first test runs.
for (const mutation of chosen) tree.spoil(mutation)()
const sound = await failures(tree, [...new Set(chosen.flatMap(({ tests }) => tests))])
if (sound.length > 0) throw new Error(`These fail before anything is wrong: ${sound.join('; ')}`)
const missed: string[] = []
for (const mutation of chosen) {
  const restore = tree.spoil(mutation)
  const [first] = await failures(tree, mutation.tests)
  restore()
  if (first === undefined) missed.push(mutation.what)
  words.write(`${mutation.what}: ${first === undefined ? 'NO TEST FAILS' : `"${first}" fails`}\n`)
}
const [tried, lost] = [chosen.length, missed.length]
if (values.json) {
  const outcome = { name: 'mutations', tried, survived: tried - lost, lost, seed: Number(values.seed), missed }
  process.stdout.write(`${JSON.stringify(outcome)}\n`)
} else process.stdout.write(`${tried} things made wrong, ${tried - lost} noticed by a test\n`)
process.exitCode = lost === 0 ? 0 : 1
