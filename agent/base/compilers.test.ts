import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { join } from 'node:path'
import { test } from 'node:test'
import { AGENT_FLAGS } from '../../firmware-hooks/artefacts/node-flags.ts'

/** Says whether V8 optimizes a function that it is told to, before and after. */
const PROGRAM = `
${stripTypeScriptTypes(readFileSync(join(import.meta.dirname, 'compilers.ts'), 'utf8'))}
const isCompiled = (source) => {
  const work = new Function('n', source);
  %PrepareFunctionForOptimization(work);
  for (const n of [1, 2]) work(n);
  %OptimizeFunctionOnNextCall(work);
  work(3);
  return %ActiveTierIsTurbofan(work);
}
const before = isCompiled('return n + 1')
useCompilers()
console.log(before, isCompiled('return n + 2'))
`

const run = (...flags: string[]) => {
  const all = [...AGENT_FLAGS, ...flags, '--allow-natives-syntax', '--input-type=module', '-e', PROGRAM]
  return execFileSync(process.execPath, all, { encoding: 'utf8', timeout: 60_000 }).trim()
}

test('an agent compiles nothing until it is told that steady work begins', () => {
  assert.equal(run(), 'false true')
})

test('a process that must not make code at run time goes on without', () => {
  assert.equal(run('--jitless'), 'false false')
})
