import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { runHooks } from './run-hooks.ts'

function hooks(scripts: Record<string, string>) {
  const hooksDir = mkdtempSync(join(tmpdir(), 'lenscap-hooks-'))
  mkdirSync(join(hooksDir, 'cap-on'))
  for (const [name, body] of Object.entries(scripts)) {
    writeFileSync(join(hooksDir, 'cap-on', name), `#!/bin/sh\n${body}\n`)
    chmodSync(join(hooksDir, 'cap-on', name), name.endsWith('.off') ? 0o644 : 0o755)
  }
  return hooksDir
}

describe('hooks', () => {
  it('are called in order, with the event and its facts', async () => {
    const out = join(mkdtempSync(join(tmpdir(), 'lenscap-hooks-')), 'out')
    const hooksDir = hooks({ '20-second': `echo second >> ${out}`, '10-first': `echo "$1 $(cat)" > ${out}` })
    const results = await runHooks('cap-on', { hooksDir, facts: { by: 'button' }, timeoutMs: 5000 })
    assert.deepEqual(
      results.map(({ hook, outcome }) => `${hook} ${outcome}`),
      ['10-first done', '20-second done'],
    )
    assert.equal(readFileSync(out, 'utf8'), 'cap-on {"by":"button"}\nsecond\n')
  })

  it('that fail or hang are ended and reported, and the next one still runs', async () => {
    const hooksDir = hooks({ a: 'exit 3', b: 'sleep 60', c: 'exit 0', 'd.off': 'exit 0' })
    const results = await runHooks('cap-on', { hooksDir, facts: {}, timeoutMs: 300 })
    assert.deepEqual(
      results.map(({ hook, outcome, detail }) => `${hook} ${outcome} ${detail}`),
      ['a failed exit status 3', 'b timed-out ended after 300 ms', 'c done exit status 0'],
    )
  })

  it('inherit nothing of the environment', async () => {
    const out = join(mkdtempSync(join(tmpdir(), 'lenscap-hooks-')), 'out')
    process.env['LENSCAP_TEST_SECRET'] = 'canary'
    await runHooks('cap-on', { hooksDir: hooks({ a: `env > ${out}` }), facts: {}, timeoutMs: 5000 })
    delete process.env['LENSCAP_TEST_SECRET']
    assert.doesNotMatch(readFileSync(out, 'utf8'), /canary/)
  })

  it('may be absent', async () => {
    assert.deepEqual(await runHooks('cap-off', { hooksDir: '/nonexistent', facts: {}, timeoutMs: 100 }), [])
  })
})
